-- Moves jobs that ended into the history. Fenced: a row whose attempt or status is not the expected
-- one stays as it is, and its id is not returned. A job that was being canceled ends CANCELED.
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
        then (j.id, j.attempt) in (select id, attempt from input)
        else false end
    returning j.*
), matched as materialized (
    select e.*, i.has_errors as failed, i.results, i.error, e.archived is not null as found
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
    returning id, status, ended_at, awaited, app, type, name, has_errors, root_id, run_by
), heard as materialized (
    -- Where no app listens to jobs, this is all that events cost.
    select l.app, l.name, l.subject, l.job_name, l.events from headrace.listeners l
    where exists (select from headrace.listeners where kind = 'job')
        and l.kind = 'job' and l.app = any (array(select app from kept))
), told as (
    insert into headrace.events (app, listener, lane, depth, run_by, body)
    select k.app, h.name, h.name || ' ' || k.id, headrace.event_depth(k.root_id), k.run_by,
        jsonb_build_object('type', 'job', 'id', k.id, 'jobType', k.type, 'name', k.name, 'hasErrors', k.has_errors,
            'event', case when k.status = 'CANCELED' then 'canceled' when h.events = '{failed}' then 'failed' else 'finished' end)
    from kept k join heard h on h.app = k.app
    where h.subject in ('', k.type) and (h.job_name is null or h.job_name = k.name)
        and h.events && case when k.status = 'CANCELED' then array['canceled']
            when k.has_errors then array['finished', 'failed'] else array['finished'] end
        and headrace.event_depth(k.root_id) <= headrace.deepest_event() + 1
), outcome as (
    insert into headrace.job_results (job_id, results, error)
    select id, results, error from matched where found and (results is not null or error is not null)
    on conflict (job_id) do update set results = excluded.results, error = excluded.error
)
select id, status, ended_at, awaited from kept
