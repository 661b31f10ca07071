-- Stopped jobs go back to the queue, to their old place in it; those whose time has not come wait for it, and those that
-- wait for somebody to start them, for that.
update headrace.jobs_live
set status = 'PENDING', ended_at = null, due_at = null,
    ready_at = case
        when ready_at = 'infinity' then ready_at
        when due_at > clock_timestamp() then due_at
        else coalesce(started_at, created_at) end
where id = any ($1::uuid[]) and status = 'STOPPED'
returning id
