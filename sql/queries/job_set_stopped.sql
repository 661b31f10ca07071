-- Stops jobs that no script is running for: pending ones and parked ones. Who waits for somebody to start it goes on to,
-- and who waits for a time keeps it. A parked job keeps none: what it waits for may come before its time.
update headrace.jobs_live
set status = 'STOPPED', ended_at = clock_timestamp(), ready_at = case when ready_at = 'infinity' then ready_at end,
    due_at = case when status = 'PENDING' and ready_at > clock_timestamp() and ready_at < 'infinity' then ready_at end
where id = any ($1::uuid[]) and (status = 'PENDING' or (status = 'RUNNING' and worker_id is null))
returning id
