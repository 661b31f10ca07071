-- Which sql/views this database has; null if none yet.
select checksum from headrace.schema_views
