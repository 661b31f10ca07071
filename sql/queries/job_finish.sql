-- Moves jobs that ended into the history. Fenced: a row whose attempt or status is not the expected
-- one stays as it is, and its id is not returned. A job that was being canceled ends CANCELED.
with input as (
    select * from unnest($1::uuid[], $2::integer[], $3::boolean[], $4::jsonb[], $5::jsonb[])
        as i (id, attempt, has_errors, results, error)
), ended as (
    delete from headrace.jobs_live j
    using input i
    where j.id = i.id and j.attempt = i.attempt
        and j.status in ('RUNNING', 'STOPPING', 'CANCELING') and j.worker_id is not null
    returning j.*, i.has_errors as failed, i.results, i.error
), kept as (
    insert into headrace.jobs_history (
        id, archived, app, queue, type, name, status, low_priority, has_errors, awaited, attempt, failures, rescues,
        max_attempts, timeout_ms, app_version, worker_id, parent_id, root_id, run_by, unique_key,
        created_at, started_at, ended_at)
    select
        id, true, app, queue, type, name, case when status = 'CANCELING' then 'CANCELED' else 'FINISHED' end,
        low_priority, has_errors or failed, awaited, attempt, failures + failed::int, rescues,
        max_attempts, timeout_ms, app_version, worker_id, parent_id, root_id, run_by, unique_key,
        created_at, started_at, clock_timestamp()
    from ended
    returning id, status, ended_at, awaited
), outcome as (
    insert into headrace.job_results (job_id, results, error)
    select id, results, error from ended where results is not null or error is not null
    on conflict (job_id) do update set results = excluded.results, error = excluded.error
)
select id, status, ended_at, awaited from kept
