-- The record and, by cascade, its unique keys; returns it as it was. With $4 only in that version.
delete from headrace.records
where app = $1 and entity = $2 and id = $3 and ($4::integer is null or version = $4)
returning id, entity, version, data, created_at, updated_at
