-- Jobs that were stopping when their worker died have stopped.
update headrace.jobs_live set status = 'STOPPED', ended_at = clock_timestamp(), worker_id = null, ready_at = null
where id = any ($1::uuid[]) and status = 'STOPPING'
returning id
