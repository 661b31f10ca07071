-- Stops jobs that no script is running for: pending ones and parked ones. Who waits for somebody to start it goes on to.
update headrace.jobs_live
set status = 'STOPPED', ended_at = clock_timestamp(), ready_at = case when ready_at = 'infinity' then ready_at end
where id = any ($1::uuid[]) and (status = 'PENDING' or (status = 'RUNNING' and worker_id is null))
returning id
