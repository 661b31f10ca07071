-- The claim and the finish as functions: a function has settings of its own, which no pooler carries over to others and which
-- cost no statement. PostgreSQL plans a statement for what its tables are at that moment, and keeps the plan. A list or jobs_live
-- that was empty then, or had a page, is read from end to end: cheaper by any estimate, as long as it stays so. It does not.
-- After a vacuum of an empty queue and a dozen single jobs, claims out of a backlog of 60,000 took 600 us a job instead of 13,
-- until the next analyze; and each claim walked over the list that was empty when planned, dead entries and all: 49 us a job
-- instead of 14 where a snapshot is held. So there is one plan, by the indexes, whatever the tables look like
-- (docs/decisions.md, 2026-11-26). `jit` is off since PostgreSQL before 18 counts what is forbidden as cost.
--
-- Nothing here may become a nested loop, whatever statistics say: full joins are hashed or merged, and sub-selects inside of
-- `case` cannot become joins.

-- Gives a worker up to `most_jobs` jobs: RUNNING, a new attempt (the fencing token), leased to it.
--
-- The arrays are the lanes that it looks at, an element for each: app, queue, for normal and for low priority the rank from
-- which on it looks (what lies before was seen: claimed by now, or dead entries that nobody needs to walk again), how many
-- jobs the lane may give, how many entries to look at for that (more where somebody holds locks on the first ones), and
-- how many low-priority jobs come before all others this time, which keeps them from starving (migration 0005 tells of
-- the lists).
--
-- The lock on the worker's own row makes sure that nobody declared the worker dead meanwhile: a job claimed for a
-- worker without a row would never be rescued. `key share` lets heartbeats pass.
-- A lane with limits (migration 0011) gives no more than they leave; where another claim holds one of them, nothing yet.
-- No two lanes are of one app: each would count the permits of all of them as its own. A job with a concurrency key is
-- claimed only with a permit (migration 0021): an entry of one that has none is dropped, as it waits elsewhere.
-- Always a row: without a job, it says how many entries were dropped, and how many passed by because of locks.
create function headrace.claim_jobs(
    for_worker uuid, most_jobs integer, of_apps text[], of_queues text[], from_ranks_1 timestamptz[],
    from_ranks_2 timestamptz[], most_each integer[], depth_each integer[], low_each integer[]
) returns table (
    id uuid, app text, queue text, type text, name text, label text, low_priority boolean, attempt integer,
    failures smallint, max_attempts smallint, timeout_ms integer, app_version integer, parent_id uuid, root_id uuid,
    run_by text, has_errors boolean, created_s float8, started_s float8, spec jsonb, checkpoint jsonb, limited boolean,
    awaited boolean, priority smallint, rank_s float8, dropped bigint, passed bigint, told bigint
) language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
    return query
    with alive as materialized (
        select id from headrace.workers where id = for_worker for key share
    ), lanes as materialized (
        select app, queue, since_1, since_2, low, n, room is not null as limited, coalesce(room, most) as most,
            case when room is null then depth when room > 0 then room + least(depth - most, 50) else 0 end as depth
        from (
            select l.*, case when exists (
                select from headrace.job_limits k where k.app in (l.app, '*') and k.queue in ('', l.queue)
            ) then headrace.lane_room(app, queue, most, true) end as room
            from unnest(of_apps, of_queues, from_ranks_1, from_ranks_2, most_each, depth_each, low_each)
                with ordinality as l (app, queue, since_1, since_2, most, depth, low, n)
        ) asked
    ), picked as materialized (
        select lanes.n as lane, lanes.most, entry.*
        from alive, lanes, lateral (
            with owed as materialized (
                -- skip locked lets claimers pass each other
                select r.leaf, r.ctid as place, r.job_id, r.priority, r.rank from headrace.job_ready r
                where r.app = lanes.app and r.queue = lanes.queue and r.priority = 2 and r.rank >= lanes.since_2
                order by r.rank limit least(lanes.low, lanes.depth) for update skip locked
            ), urgent as materialized (
                select r.leaf, r.ctid as place, r.job_id, r.priority, r.rank from headrace.job_ready r
                where r.app = lanes.app and r.queue = lanes.queue and r.priority = 0
                order by r.rank limit lanes.depth - (select count(*) from owed) for update skip locked
            ), normal as materialized (
                select r.leaf, r.ctid as place, r.job_id, r.priority, r.rank from headrace.job_ready r
                where r.app = lanes.app and r.queue = lanes.queue and r.priority = 1 and r.rank >= lanes.since_1
                order by r.rank limit lanes.depth - (select count(*) from owed) - (select count(*) from urgent)
                for update skip locked
            ), low as materialized (
                -- Meets those that were owed again: nobody passes by one's own locks.
                select r.leaf, r.ctid as place, r.job_id, r.priority, r.rank from headrace.job_ready r
                where r.app = lanes.app and r.queue = lanes.queue and r.priority = 2 and r.rank >= lanes.since_2
                order by r.rank limit lanes.depth - (select count(*) from urgent) - (select count(*) from normal)
                for update skip locked
            )
            select 1 as turn, * from owed union all select 2, * from urgent
            union all select 3, * from normal union all select 4, * from low
        ) entry
    ), held as materialized (
        select j.id, j.app, j.queue, j.ready_at, j.ready_at <= clock_timestamp() as due, j.low_priority, j.attempt
        from headrace.jobs_live j
        where j.id = any (array(select job_id from picked)) and j.ready_at is not null
            and (j.concurrency_key is null or j.limited)
        for no key update skip locked
    ), matched as materialized (
        -- What is asked of each row stands first: to reach a column PostgreSQL takes apart all before it.
        select
            case when h.id is not null then h.due and h.low_priority = (p.priority = 2) else false end as fits,
            h.id is not null as held, p.*
        from picked p full join held h on h.id = p.job_id
    ), taken as materialized (
        select job_id, priority, rank, lane, nth
        from (select *, row_number() over (partition by lane order by turn, rank, job_id) as nth
            from (select distinct on (job_id) * from matched where fits order by job_id, turn, rank) once) numbered
        where nth <= most order by lane, nth limit most_jobs
    ), odd as materialized (
        -- Entries that lead to no job of theirs: none, as a rule, so what follows from them reads nothing.
        select job_id, held from matched where not fits
    ), wrong as materialized (
        -- The entry does not say what its job says any more: it is written anew.
        select * from held
        where case when exists (select from odd where held) then
            id = any (array(select job_id from odd where held)) and id not in (select job_id from matched where fits) end
    ), sooner as (
        insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
        select
            (select last_value % 3 from headrace.job_ready_turn), app, queue,
            case when low_priority then 2 when attempt > 0 then 0 else 1 end, clock_timestamp(), id
        from wrong where due
    ), later as (
        insert into headrace.job_later (job_id, ready_at)
        select id, ready_at from wrong where not due and ready_at < 'infinity'
        on conflict (job_id) do nothing
    ), missed as materialized (
        select job_id from odd where not held
    ), stale as materialized (
        -- By `= any`, which is a probe a job: as a join it was a scan of the whole backlog at each claim.
        select job_id from missed where job_id not in (
            select id from headrace.jobs_live where id = any (array(select job_id from missed)) and ready_at is not null
                and (concurrency_key is null or limited))
    ), done_with as materialized (
        -- Every entry of a claimed job, were there two. As a rule all of them, which needs no look at each.
        select leaf, place from matched
        where case
            when (select count(*) from taken) = (select count(*) from matched) then true
            when job_id is not null then
                job_id in (select job_id from taken union all select id from wrong union all select job_id from stale)
        end
    ), gone as (
        delete from headrace.job_ready r
        -- The range keeps the execution out of the other leaves: a scan of one would walk over all that is dead in it.
        where r.ctid = any (array(select place from done_with))
            and r.leaf between (select min(leaf) from done_with) and (select max(leaf) from done_with)
            and case
                when (select min(leaf) = max(leaf) from done_with) then true
                when r.job_id is not null then (r.leaf, r.ctid) in (select leaf, place from done_with)
            end
    ), claimed as (
        update headrace.jobs_live j
        set status = 'RUNNING', attempt = j.attempt + 1, worker_id = for_worker, ready_at = null,
            started_at = coalesce(j.started_at, clock_timestamp()),
            limited = j.limited or (j.app, j.queue) in (select app, queue from lanes where limited),
            app_version = coalesce(j.app_version, case
                when (select count(*) from lanes) = 1
                then (select a.version from headrace.apps a where a.name = (select app from lanes))
                else (select a.version from headrace.apps a where a.name = j.app)
            end)
        where j.id = any (array(select job_id from taken)) and j.ready_at is not null
        returning j.id, j.app, j.queue, j.type, j.name, j.low_priority, j.attempt, j.failures, j.max_attempts, j.timeout_ms,
            j.app_version, j.parent_id, j.root_id, j.run_by, j.has_errors, j.awaited, j.limited, j.created_at, j.started_at
    )
    select
        -- The first of these columns are those of engine.jobs.queue.Claim, in its order: a worker takes them by their place.
        -- Times as seconds since 1970: three datetimes a job took the worker longer than its part in the rest of this.
        c.id, c.app, c.queue, c.type, c.name, p.label, c.low_priority, c.attempt, c.failures, c.max_attempts, c.timeout_ms,
        c.app_version, c.parent_id, c.root_id, c.run_by, c.has_errors,
        date_part('epoch', c.created_at) as created_s, date_part('epoch', c.started_at) as started_s, p.spec,
        case when c.attempt > 1 then (select checkpoint from headrace.job_progress where job_id = c.id) end as checkpoint,
        c.limited, c.awaited, t.priority, date_part('epoch', t.rank) as rank_s,
        (select count(*) from stale) + (select count(*) from wrong) as dropped,
        (select count(*) from missed) - (select count(*) from stale) + (select count(*) from lanes where most < 0) as passed,
        (select headrace.tell_live('started', array_agg(id)) from claimed
        where case when attempt = 1 then
            app in (select app from headrace.listeners where kind = 'job' and 'started' = any (events)) end) as told
    from (select) always
    left join (claimed c full join taken t on t.job_id = c.id) on true
    -- one index probe a job: a plain join could be planned as a scan of every month
    left join lateral (select label, spec from headrace.job_params p where p.job_id = c.id limit 1) p on true
    order by t.lane, t.nth;
end
$$;
revoke execute on function headrace.claim_jobs from public;

-- Moves jobs that ended into the history. Fenced: a row whose attempt or status is not the expected one stays as it is, and
-- is among the lost; so does one that somebody waits for, unless `even_awaited`. A job that was being canceled ends CANCELED.
--
-- The rows are found by `= any`, the fence is looked up in a hash, and what the caller knows comes back by a full join.
create function headrace.finish_jobs(
    of_jobs uuid[], of_attempts integer[], have_failed boolean[], with_results jsonb[], with_errors jsonb[],
    even_awaited boolean
) returns table (lost uuid[], lost_attempts integer[], canceled uuid[], awaited uuid[], told bigint)
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
    return query
    with input as materialized (
        select * from unnest(of_jobs, of_attempts, have_failed, with_results, with_errors)
            as i (id, attempt, has_errors, results, error)
    ), ended as (
        delete from headrace.jobs_live j
        where j.id = any (of_jobs) and case
            when j.status in ('RUNNING', 'STOPPING', 'CANCELING') and j.worker_id is not null
                and (even_awaited or not j.awaited)
            then (j.id, j.attempt) in (select id, attempt from input)
            else false end
        returning j.id, j.archived, j.app, j.queue, j.type, j.name, j.status, j.low_priority, j.has_errors, j.awaited,
            j.attempt, j.failures, j.rescues, j.max_attempts, j.timeout_ms, j.app_version, j.worker_id, j.parent_id,
            j.root_id, j.run_by, j.unique_key, j.created_at, j.started_at
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
    -- One row, whatever it ended: most jobs end alike, and to name each to the worker took it as long as all the rest.
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
            from matched where case when found then app in (select app from headrace.listeners where kind = 'job') end) as told;
end
$$;
revoke execute on function headrace.finish_jobs from public;
