-- Give up the unique values that a record holds.
delete from headrace.record_keys where app = $1 and entity = $2 and record_id = any($3::uuid[])
