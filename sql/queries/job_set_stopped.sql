-- Stops jobs that no script is running for: pending ones and parked ones.
update headrace.jobs_live
set status = 'STOPPED', ended_at = clock_timestamp(), ready_at = null
where id = any ($1::uuid[]) and (status = 'PENDING' or (status = 'RUNNING' and worker_id is null))
returning id
