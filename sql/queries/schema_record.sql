-- A migration was applied, in the same transaction.
insert into headrace.schema_migrations (version, name, checksum) values ($1, $2, $3)
