-- A worker that is ending gives a job back; it goes on at once elsewhere, and counts no failure.
update headrace.jobs_live
set status = 'PENDING', worker_id = null, ready_at = coalesce(started_at, clock_timestamp())
where id = $1 and attempt = $2 and status = 'RUNNING' and worker_id is not null
returning id, awaited
