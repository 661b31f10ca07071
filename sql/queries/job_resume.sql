-- Stopped jobs go back to the queue, to their old place in it.
update headrace.jobs_live
set status = 'PENDING', ended_at = null, ready_at = coalesce(started_at, created_at)
where id = any ($1::uuid[]) and status = 'STOPPED'
returning id
