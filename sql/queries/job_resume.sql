-- Stopped jobs go back to the queue, to their old place in it; those that wait for somebody to start them, to that.
update headrace.jobs_live
set status = 'PENDING', ended_at = null,
    ready_at = case when ready_at = 'infinity' then ready_at else coalesce(started_at, created_at) end
where id = any ($1::uuid[]) and status = 'STOPPED'
returning id
