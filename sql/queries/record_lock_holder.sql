-- The job that holds a record's lock.
select job_id from headrace.record_locks where app = $1 and entity = $2 and record_id = $3 and granted
