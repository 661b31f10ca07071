-- Cancels jobs that no script is running for: pending, stopped and parked ones end here.
with ended as (
    delete from headrace.jobs_live
    where id = any ($1::uuid[]) and (status in ('PENDING', 'STOPPED') or (status = 'RUNNING' and worker_id is null))
    returning *
), told as (
    -- Listeners hear of it as in job_finish.sql.
    insert into headrace.events (app, listener, lane, depth, run_by, body)
    select e.app, l.name, l.name || ' ' || e.id, headrace.event_depth(e.root_id), e.run_by,
        jsonb_build_object('type', 'job', 'id', e.id, 'jobType', e.type, 'name', e.name, 'hasErrors', e.has_errors,
            'event', 'canceled')
    from ended e join headrace.listeners l on l.app = e.app and l.kind = 'job'
    where l.subject in ('', e.type) and (l.job_name is null or l.job_name = e.name) and 'canceled' = any (l.events)
        and headrace.event_depth(e.root_id) <= headrace.deepest_event() + 1
)
insert into headrace.jobs_history (
    id, archived, app, queue, type, name, status, low_priority, has_errors, awaited, attempt, failures, rescues,
    max_attempts, timeout_ms, app_version, worker_id, parent_id, root_id, run_by, unique_key,
    created_at, started_at, ended_at)
select
    id, true, app, queue, type, name, 'CANCELED', low_priority, has_errors, awaited, attempt, failures, rescues,
    max_attempts, timeout_ms, app_version, worker_id, parent_id, root_id, run_by, unique_key,
    created_at, started_at, clock_timestamp()
from ended
returning id
