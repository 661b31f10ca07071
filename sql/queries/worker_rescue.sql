-- Jobs of dead workers go back to the queue, to their old place in it. Those that got further count from 1.
update headrace.jobs_live l
set status = 'PENDING', worker_id = null, ready_at = coalesce(started_at, clock_timestamp()),
    rescues = 1 + case when exists (select from headrace.job_journal j where j.job_id = l.id and j.attempt = l.attempt)
        then 0 else l.rescues end
where id = any ($1::uuid[]) and status = 'RUNNING'
returning id
