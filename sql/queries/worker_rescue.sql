-- Jobs of dead workers go back to the queue, to their old place in it.
update headrace.jobs_live
set status = 'PENDING', worker_id = null, ready_at = coalesce(started_at, clock_timestamp()), rescues = rescues + 1
where id = any ($1::uuid[]) and status = 'RUNNING'
returning id
