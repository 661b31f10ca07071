-- Whether this database was ever migrated.
select to_regclass('headrace.schema_migrations') is not null
