-- The record and, by cascade, its unique keys; returns it as it was.
delete from headrace.records
where app = $1 and entity = $2 and id = $3
returning id, entity, version, data, created_at, updated_at
