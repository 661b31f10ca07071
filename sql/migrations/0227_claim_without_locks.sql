-- Claims the usual jobs by their update alone. They were locked before, and looked at, which is what the update does once more: 1 µs
-- of the server a job with one worker, more with two, whose backends find less in the caches. The locks were there as an update
-- cannot pass by a row that somebody holds, the look as an entry may lead to a job that was canceled. Now a claim that meets
-- such a job leaves it to the old way, by which the next ones are made for some seconds (docs/decisions.md, 2026-11-27).

-- Workers that are older than this call the function without `careful` until they are replaced, so that stays as it is.

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
--
-- A row for each job, in any order, and a last one, which has no id: the jobs in their order, of which lane each is (from 1 on),
-- its priority and its rank, how many entries were dropped, and how many were passed by because of locks. What is as it mostly is
-- is null, which costs neither side anything: a label that is the name, a root that is the job itself, no failures, no marks. These
-- are 1 for an error flag, 2 for permits, 4 for jobs that wait for this one. Times are seconds since 1970: three datetimes a
-- job took the worker longer than its part in the rest of this.
--
-- For 0 jobs it takes none, but goes through all steps: PostgreSQL plans each at its first run.
--
-- A claim that is not `careful` takes it that each entry says what its job says, and that nobody holds the job: its update alone
-- looks at the job's row and locks it. Jobs of which an entry says something else are among `ids`, but have no row, and stay as
-- they are with their entries. Where another transaction holds a job for 20 ms nothing is claimed, by "lock not available". In
-- both cases the caller is to claim carefully. That locks the jobs first, waits for nobody, passes by what is locked, and puts
-- right what entries say.
create function headrace.claim_lanes(
    for_worker uuid, most_jobs integer, of_apps text[], of_queues text[], from_ranks_1 timestamptz[],
    from_ranks_2 timestamptz[], most_each integer[], depth_each integer[], low_each integer[], careful boolean
) returns table (
    id uuid, type text, name text, label text, attempt integer, failures smallint, max_attempts smallint, timeout_ms integer,
    app_version integer, parent_id uuid, root_id uuid, run_by text, marks smallint, created_s float8, started_s float8,
    spec jsonb, checkpoint jsonb,
    ids uuid[], lanes smallint[], priorities smallint[], ranks float8[], dropped bigint, passed bigint
) language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off set lock_timeout = 0 as $$
#variable_conflict use_column
declare
    -- The entries that were looked at, in the order in which they are to be taken.
    found uuid[];
    found_lanes smallint[];
    found_leaves smallint[];
    found_places tid[];
    found_priorities smallint[];
    found_ranks timestamptz[];
    first_leaf smallint;
    last_leaf smallint;
    -- Of each lane: how many it may give, and whether limits say so.
    mosts integer[];
    limits boolean[];
    busy bigint;
    first_id uuid;
    last_id uuid;
    plain boolean;
    held bigint;
    low boolean;
    begun bigint;
    whole boolean;
begin
    if not careful then
        perform set_config('lock_timeout', '20ms', true);
    end if;
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
    )
    select array_agg(job_id), array_agg(lane), array_agg(leaf), array_agg(place), array_agg(priority), array_agg(rank),
        min(leaf), max(leaf), array(select most from lanes order by n), array(select limited from lanes order by n),
        (select count(*) from lanes where most < 0),
        not exists (select from lanes where depth > greatest(most, 0)) and not exists (
            select from headrace.listeners where kind = 'job' and app = any (of_apps) and 'started' = any (events))
    into found, found_lanes, found_leaves, found_places, found_priorities, found_ranks, first_leaf, last_leaf,
        mosts, limits, busy, plain
    from (
        -- In this order: of a lane after the other what is owed, what is urgent, and so on, each by its rank.
        select lanes.n::smallint as lane, entry.*
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
            select * from owed union all select * from urgent union all select * from normal
            union all (select * from low offset (select count(*) from owed))
        ) entry
    ) picked;
    if found is null and most_jobs > 0 then
        dropped := 0;
        passed := busy;
        return next;
        return;
    end if;

    low := 2 = any (found_priorities);
    if careful or most_jobs = 0 then
        -- Each entry leads to one job that is due, is nobody's at the moment, and is listed as what it is?
        select count(*), low or bool_or(low_priority) into held, low
        from (
            select j.low_priority from headrace.jobs_live j
            where j.id = any (found) and j.ready_at <= clock_timestamp() and (j.concurrency_key is null or j.limited)
            for no key update skip locked
        ) due;
        plain := plain and held = cardinality(found);
        if low or most_jobs = 0 then
            plain := plain and not exists (
                select from headrace.jobs_live j
                where j.id = any (found) and j.low_priority <> (j.id in (
                    select p.job_id from unnest(found, found_priorities) as p (job_id, priority) where p.priority = 2)));
        end if;
    end if;
    if plain or most_jobs = 0 then
        if most_jobs < cardinality(found) then
            found := found[:most_jobs];
            found_lanes := found_lanes[:most_jobs];
            found_leaves := found_leaves[:most_jobs];
            found_places := found_places[:most_jobs];
            found_priorities := found_priorities[:most_jobs];
            found_ranks := found_ranks[:most_jobs];
        end if;
        first_id := found[1];
        last_id := found[cardinality(found)];
        if first_id > any (found) or last_id < any (found) then
            first_id := (select id from unnest(found) id order by id limit 1);
            last_id := (select id from unnest(found) id order by id desc limit 1);
        end if;
        return query
        with claimed as (
            update headrace.jobs_live j
            set status = 'RUNNING', attempt = j.attempt + 1, worker_id = for_worker, ready_at = null,
                started_at = coalesce(j.started_at, clock_timestamp()),
                limited = j.limited or case
                    when cardinality(of_apps) = 1 then limits[1]
                    else (j.app, j.queue) in (
                        select l.app, l.queue from unnest(of_apps, of_queues, limits) as l (app, queue, limited) where l.limited)
                end,
                app_version = coalesce(j.app_version, case
                    when cardinality(of_apps) = 1
                    then (select a.version from headrace.apps a where a.name = of_apps[1])
                    else (select a.version from headrace.apps a where a.name = j.app)
                end)
            -- Whether the entry leads to one job that is due, is nobody's, and is listed as what it is: once more for a careful claim.
            where j.id = any (found) and j.ready_at <= clock_timestamp() and (j.concurrency_key is null or j.limited) and case
                when low
                then j.low_priority = (j.id in (
                    select p.job_id from unnest(found, found_priorities) as p (job_id, priority) where p.priority = 2))
                else not j.low_priority end
            returning j.id, j.type, j.name, j.attempt, nullif(j.failures, 0::smallint) as failures, j.max_attempts, j.timeout_ms,
                j.app_version, j.parent_id, nullif(j.root_id, j.id) as root_id, j.run_by,
                case when j.has_errors or j.limited or j.awaited
                    then (j.has_errors::int + 2 * j.limited::int + 4 * j.awaited::int)::smallint end as marks,
                date_part('epoch', j.created_at) as created_s, date_part('epoch', j.started_at) as started_s
        )
        select c.id, c.type, c.name, nullif(p.label, c.name), c.attempt, c.failures, c.max_attempts, c.timeout_ms,
            c.app_version, c.parent_id, c.root_id, c.run_by, c.marks, c.created_s, c.started_s, p.spec,
            case when c.attempt > 1 then (select checkpoint from headrace.job_progress where job_id = c.id) end,
            null::uuid[], null::smallint[], null::smallint[], null::float8[], null::bigint, null::bigint
        from claimed c full join (
            -- By the first and the last of them only the months that they are of are looked at.
            select job_id, label, spec from headrace.job_params
            where job_id between first_id and last_id and job_id = any (found)
        ) p on p.job_id = c.id
        -- Not `c.id is not null`, by which this were no full join any more.
        where coalesce(c.attempt, 0) > 0;
        get diagnostics begun = row_count;
        whole := begun = cardinality(found);
        delete from headrace.job_ready r
        -- The range keeps the execution out of the other leaves: a scan of one would walk over all that is dead in it.
        where r.ctid = any (found_places) and r.leaf between first_leaf and last_leaf
            and (first_leaf = last_leaf or (r.leaf, r.ctid) in (select * from unnest(found_leaves, found_places)))
            and (whole or r.job_id in (
                select j.id from headrace.jobs_live j
                where j.id = any (found) and j.worker_id = for_worker and j.status = 'RUNNING'));
        ids := found;
        lanes := found_lanes;
        priorities := found_priorities;
        ranks := array(select date_part('epoch', rank) from unnest(found_ranks) rank);
        dropped := coalesce(cardinality(found) - begun, 0);
        passed := busy;
        return next;
        if most_jobs > 0 then
            return;
        end if;
    end if;

    return query
    with lanes as materialized (
        select * from unnest(of_apps, of_queues, mosts, limits) with ordinality as l (app, queue, most, limited, n)
    ), picked as materialized (
        select * from unnest(found, found_lanes, found_leaves, found_places, found_priorities, found_ranks)
            with ordinality as p (job_id, lane, leaf, place, priority, rank, turn)
    ), held as materialized (
        select j.id, j.app, j.queue, j.ready_at, j.ready_at <= clock_timestamp() as due, j.low_priority, j.attempt
        from headrace.jobs_live j
        where j.id = any (found) and j.ready_at is not null and (j.concurrency_key is null or j.limited)
        for no key update skip locked
    ), matched as materialized (
        -- What is asked of each row stands first: to reach a column PostgreSQL takes apart all before it.
        select
            case when h.id is not null then h.due and h.low_priority = (p.priority = 2) else false end as fits,
            h.id is not null as held, p.*
        from picked p full join held h on h.id = p.job_id
    ), taken as materialized (
        select job_id, priority, rank, lane, nth
        from (select *, row_number() over (partition by lane order by turn) as nth
            from (select distinct on (job_id) * from matched where fits order by job_id, turn) once) numbered
        where nth <= mosts[lane] order by lane, nth limit most_jobs
    ), odd as materialized (
        -- Entries that lead to no job of theirs.
        select job_id, held from matched where not fits
    ), wrong as materialized (
        -- The entry does not say what its job says any more: it is written anew.
        select * from held
        where id in (select job_id from odd where held) and id not in (select job_id from matched where fits)
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
        -- Every entry of a claimed job, were there two.
        select leaf, place from matched
        where job_id in (select job_id from taken union all select id from wrong union all select job_id from stale)
    ), gone as (
        -- No join: where a job of this claim was changed meanwhile, PostgreSQL 18 sets up all of the plan a second time, and breaks
        -- its own memory if a scan leaves partitions out both before it runs and by what it is joined with.
        delete from headrace.job_ready r
        where r.ctid = any (array(select place from done_with)) and r.leaf between first_leaf and last_leaf
            and (first_leaf = last_leaf or (r.leaf, r.ctid) in (select leaf, place from done_with))
    ), claimed as (
        update headrace.jobs_live j
        set status = 'RUNNING', attempt = j.attempt + 1, worker_id = for_worker, ready_at = null,
            started_at = coalesce(j.started_at, clock_timestamp()),
            limited = j.limited or (j.app, j.queue) in (select app, queue from lanes where limited),
            app_version = coalesce(j.app_version, (select a.version from headrace.apps a where a.name = j.app))
        where j.id = any (array(select job_id from taken)) and j.ready_at is not null
        returning j.*
    )
    select c.id, c.type, c.name, nullif(p.label, c.name), c.attempt, nullif(c.failures, 0::smallint), c.max_attempts,
        c.timeout_ms, c.app_version, c.parent_id, nullif(c.root_id, c.id), c.run_by,
        case when c.has_errors or c.limited or c.awaited
            then (c.has_errors::int + 2 * c.limited::int + 4 * c.awaited::int)::smallint end,
        date_part('epoch', c.created_at), date_part('epoch', c.started_at), p.spec,
        case when c.attempt > 1 then (select checkpoint from headrace.job_progress where job_id = c.id) end,
        null::uuid[], null::smallint[], null::smallint[], null::float8[], null::bigint, null::bigint
    from claimed c
    -- one index probe a job: a plain join could be planned as a scan of every month
    left join lateral (select label, spec from headrace.job_params p where p.job_id = c.id limit 1) p on true
    union all
    select null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
        array_agg(job_id), array_agg(lane), array_agg(priority), array_agg(date_part('epoch', rank)),
        (select count(*) from stale) + (select count(*) from wrong),
        (select count(*) from missed) - (select count(*) from stale) + busy
        -- Those who listen are told by a function, which counts for nothing.
        + 0 * coalesce((
            select headrace.tell_live('started', array_agg(id)) from claimed
            where attempt = 1 and app in (
                select app from headrace.listeners where kind = 'job' and 'started' = any (events))), 0)
    from (select * from taken order by lane, nth) in_order;
end
$$;
revoke execute on function headrace.claim_lanes(
    uuid, integer, text[], text[], timestamptz[], timestamptz[], integer[], integer[], integer[], boolean) from public;
