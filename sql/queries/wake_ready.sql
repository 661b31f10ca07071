-- Parked jobs that wait for nothing any more become claimable, before jobs that are newer than they.
update headrace.jobs_live l
set ready_at = least(l.started_at, clock_timestamp())
where l.id = any ($1::uuid[]) and l.status = 'RUNNING' and l.worker_id is null
    and not exists (select from headrace.job_waits w where w.waiter_id = l.id)
returning l.id
