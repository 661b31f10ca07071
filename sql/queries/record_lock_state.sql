-- What a job has of a record's lock: held, waited for, or refused because of a deadlock.
select granted, deadlocked from headrace.record_locks
where app = $1 and entity = $2 and record_id = $3 and job_id = $4
