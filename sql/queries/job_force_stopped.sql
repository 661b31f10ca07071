-- Stops running jobs now: their worker finds its claim lost, and kills the script.
update headrace.jobs_live
set status = 'STOPPED', ended_at = clock_timestamp(), worker_id = null, ready_at = null
where id = any ($1::uuid[]) and status in ('RUNNING', 'STOPPING')
returning id
