-- The record's next version; no row if it is gone or has another version than the writer read.
update headrace.records set data = $5, version = version + 1, updated_at = clock_timestamp()
where app = $1 and entity = $2 and id = $3 and version = $4
returning id, entity, version, data, created_at, updated_at
