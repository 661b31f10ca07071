-- Jobs that have ended hold nothing, and wait for nothing.
delete from headrace.record_locks where job_id = any ($1::uuid[])
