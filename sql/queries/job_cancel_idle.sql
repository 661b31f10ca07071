-- Cancels jobs that no script is running for: pending, stopped and parked ones end here.
with ended as (
    delete from headrace.jobs_live
    where id = any ($1::uuid[]) and (status in ('PENDING', 'STOPPED') or (status = 'RUNNING' and worker_id is null))
    returning *
), kept as (
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
)
select id, (
    select headrace.tell_jobs(jsonb_agg(to_jsonb(e) || jsonb_build_object('event', 'canceled')))
    from ended e where app in (select app from headrace.listeners where kind = 'job')) as told
from kept
