-- Moves jobs that ended into the history. Fenced: a row whose attempt or status is not the expected
-- one stays as it is, and is among the lost; so does one that somebody waits for, unless $6 is true. A job that was being canceled ends CANCELED.
--
-- Nothing here may become a nested loop, whatever the statistics say (docs/decisions.md): they may have seen no running
-- job, or no job at all. So the rows are found by `= any`, the fence is looked up in a hash (inside of `case` it cannot
-- become a join), and what the caller knows comes back by a full join, which PostgreSQL does by hash or merge only.
-- The parameters stand in sub-selects, as in job_claim.sql: the end of one job would be planned each time.
with input as materialized (
    select * from unnest(
        (select $1::uuid[]), (select $2::integer[]), (select $3::boolean[]), (select $4::jsonb[]), (select $5::jsonb[])
    ) as i (id, attempt, has_errors, results, error)
), ended as (
    delete from headrace.jobs_live j
    where j.id = any ((select $1::uuid[])::uuid[]) and case
        when j.status in ('RUNNING', 'STOPPING', 'CANCELING') and j.worker_id is not null
            and ((select $6::boolean) or not j.awaited)
        then (j.id, j.attempt) in (select id, attempt from input)
        else false end
    returning j.id, j.archived, j.app, j.queue, j.type, j.name, j.status, j.low_priority, j.has_errors, j.awaited, j.attempt, j.failures,
        j.rescues, j.max_attempts, j.timeout_ms, j.app_version, j.worker_id, j.parent_id, j.root_id, j.run_by, j.unique_key, j.created_at, j.started_at
), matched as materialized (
    select e.*, i.id as asked, i.attempt as asked_attempt, i.has_errors as failed, i.results, i.error,
        e.archived is not null as found
    from ended e full join input i using (id, attempt)
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
    from matched where found
), outcome as (
    insert into headrace.job_results (job_id, results, error)
    select id, results, error from matched where found and (results is not null or error is not null)
    on conflict (job_id) do update set results = excluded.results, error = excluded.error
)
-- One row, whatever it ended: most jobs end alike, and to name each of them to the worker took it as long as the rest of this.
select
    array(select asked from matched where not found) as lost,
    array(select asked_attempt from matched where not found) as lost_attempts,
    array(select id from matched where found and status = 'CANCELING') as canceled,
    array(select id from matched where found and awaited) as awaited,
    (
        -- Where nobody listens to jobs of these apps, this is all that events cost.
        select headrace.tell_jobs(jsonb_agg(jsonb_build_object(
            'app', app, 'id', id, 'type', type, 'name', name, 'has_errors', has_errors or failed, 'root_id', root_id,
            'run_by', run_by, 'event', case when status = 'CANCELING' then 'canceled' else 'finished' end)))
        from matched where case when found then app in (select app from headrace.listeners where kind = 'job') end) as told
