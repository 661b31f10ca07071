-- The job gives up the lock, or its place in the line; whether it was the lock.
delete from headrace.record_locks
where app = $1 and entity = $2 and record_id = $3 and job_id = $4
returning granted
