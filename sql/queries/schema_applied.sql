-- The migrations that this database has.
select version, name, checksum from headrace.schema_migrations order by version
