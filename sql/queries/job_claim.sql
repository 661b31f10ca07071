-- Gives a worker up to $2 jobs: RUNNING, a new attempt (the fencing token), leased to worker $1.
--
-- Fair between apps: starting behind app $4, the last one that was served, it steps from app to app through
-- the index, once around, and shares the batch between the first that have something due. Apps whose jobs all lie
-- in the future (parked, delayed) take no place: with one slot they would hide every app behind them.
-- A backlog of one app costs the others nothing. Within an app normal jobs come before low-priority ones ($3
-- false), or the other way round for the share of claims that keeps low-priority jobs from starving ($3 true).
--
-- The lock on the worker's own row makes sure that nobody declared the worker dead meanwhile: a
-- job claimed for a worker without a row would never be rescued. `key share` lets heartbeats pass.
with recursive alive as materialized (
    select id from headrace.workers where id = $1 for key share
), ahead (app, n) as (
    (select app, 1 from headrace.jobs_live
     where ready_at is not null and app > $4 order by app limit 1)
    union all
    select next.app, ahead.n + 1
    from ahead, lateral (
        select l.app from headrace.jobs_live l
        where l.ready_at is not null and l.app > ahead.app order by l.app limit 1
    ) next
), behind (app, n) as (
    (select app, 1 from headrace.jobs_live
     where ready_at is not null and app <= $4 order by app limit 1)
    union all
    select next.app, behind.n + 1
    from behind, lateral (
        select l.app from headrace.jobs_live l
        where l.ready_at is not null and l.app > behind.app and l.app <= $4 order by l.app limit 1
    ) next
), apps as materialized (
    -- both walks run only as far as this limit reads them
    select app, row_number() over () as turn
    from (select app from ahead union all select app from behind) every_app, lateral (
        -- not `exists`, which could be planned as a hash of the whole backlog
        (select from headrace.jobs_live l
         where l.app = every_app.app and not l.low_priority and l.ready_at <= now() order by l.ready_at limit 1)
        union all
        (select from headrace.jobs_live l
         where l.app = every_app.app and l.low_priority and l.ready_at <= now() order by l.ready_at limit 1)
        limit 1
    ) due
    limit $2
), share as materialized (
    select ceil($2::numeric / greatest(count(*), 1))::integer as jobs from apps
), picked as materialized (
    select job.id, apps.turn
    from alive, apps, share, lateral (
        with preferred as materialized (
            -- skip locked lets claimers pass each other
            select l.id from headrace.jobs_live l
            where l.app = apps.app and l.low_priority = $3 and l.ready_at <= now()
            order by l.ready_at limit share.jobs for update skip locked
        ), others as materialized (
            select l.id from headrace.jobs_live l
            where l.app = apps.app and l.low_priority = not $3 and l.ready_at <= now()
            order by l.ready_at limit (share.jobs - (select count(*) from preferred)) for update skip locked
        )
        select id from preferred union all select id from others
    ) job
    limit $2
), claimed as (
    update headrace.jobs_live j
    set status = 'RUNNING', attempt = j.attempt + 1, worker_id = $1, ready_at = null,
        started_at = coalesce(j.started_at, clock_timestamp()),
        app_version = coalesce(j.app_version, (select a.version from headrace.apps a where a.name = j.app))
    where j.id = any (array(select id from picked)) and j.ready_at is not null
    returning j.*
)
select
    c.id, c.app, c.queue, c.type, c.name, c.low_priority, c.attempt, c.failures, c.max_attempts, c.timeout_ms,
    c.app_version, c.parent_id, c.root_id, c.run_by, c.has_errors, c.awaited, c.created_at, c.started_at,
    -- one index probe a job: a join could be planned as a scan of every month
    (select a.label from headrace.job_params a where a.job_id = c.id) as label,
    (select a.spec from headrace.job_params a where a.job_id = c.id) as spec,
    (select g.checkpoint from headrace.job_progress g where g.job_id = c.id and c.attempt > 1) as checkpoint,
    p.turn
from claimed c join picked p on p.id = c.id
-- in turn: the last row's app was served last
order by p.turn
