-- The first ids of jobs by any filters, out of indexes that deliver them newest first (docs/decisions.md, "finds are planned
-- once"). What is read grows with the page, not with the history: a stream of which nothing matches costs a probe a month.

-- Whether a time is from `since` up to but not `until`; where either is given, no time is in no range.
create function headrace.is_within(at timestamptz, since timestamptz, until timestamptz) returns boolean
language sql immutable parallel safe as $$ select (since is null or at >= since) and (until is null or at < until) $$;

-- Whether a job is of these types and statuses, with errors or without; null is any.
create function headrace.is_of(
    type text, status text, has_errors boolean, types text[], statuses text[], errors boolean
) returns boolean
language sql immutable parallel safe as $$
    select (types is null or type = any (types)) and (statuses is null or status = any (statuses))
        and (errors is null or has_errors = errors)
$$;

-- At least the `most` newest ids of jobs that match, in no order, some perhaps twice. engine/jobs/wanted.py tells which streams
-- can have any: live jobs; of the history all ordinary jobs, all others (`kinds`: whether they are ordinary) or some cells of the
-- others; by pace those that took longer. Ids of live jobs are from `low` up to but not `high`, of the others as they are given.
--
-- PostgreSQL must not weigh these plans: each has the one that is right, by the index whose order it asks for, and an estimate
-- that says "few" leads to another, which reads a tenth of the history. So the others are switched off, for any values.
create function headrace.first_jobs(
    of_app text, types text[], statuses text[], errors boolean,
    started_from timestamptz, started_until timestamptz, ended_from timestamptz, ended_until timestamptz,
    low uuid, high uuid, near_low uuid, near_high uuid, live boolean, kinds boolean[],
    cell_types text[], cell_statuses text[], cell_errors boolean[],
    paces smallint[], pace_lows uuid[], pace_highs uuid[], most bigint
) returns setof uuid
language plpgsql stable
set plan_cache_mode = 'force_generic_plan' set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
set enable_incremental_sort = off set jit = off
as $$
#variable_conflict use_column
begin
    if of_app is null then
        return query select * from headrace.first_jobs_of_all(types, statuses, errors, started_from, started_until,
            ended_from, ended_until, low, high, near_low, near_high, live,
            cardinality(kinds) + cardinality(cell_types) > 0, cardinality(paces) > 0, most);
        return;
    end if;
    if live then
        -- Compared as rows, in the order of the index with the app: with `app = of_app` the key would have that order as well.
        return query select j.id from headrace.jobs_live j
        where (j.app, j.id) >= (of_app, low) and (j.app, j.id) < (of_app, high)
            and headrace.is_of(j.type, j.status, j.has_errors, types, statuses, errors)
            and headrace.is_within(j.started_at, started_from, started_until)
            and headrace.is_within(j.ended_at, ended_from, ended_until)
        order by j.app desc, j.id desc limit most;
    end if;
    if cardinality(kinds) > 0 then
        return query select first.id from unnest(kinds) as kind (ordinary)
        cross join lateral (
            select j.id from headrace.jobs_history j
            where (j.app, headrace.is_ordinary(j.type, j.status, j.has_errors), j.id) >= (of_app, kind.ordinary, near_low)
                and (j.app, headrace.is_ordinary(j.type, j.status, j.has_errors), j.id) < (of_app, kind.ordinary, near_high)
                -- For the months alone, here as below.
                and j.id >= near_low and j.id < near_high
                and headrace.is_within(j.started_at, started_from, started_until)
                and headrace.is_within(j.ended_at, ended_from, ended_until)
            order by j.app desc, headrace.is_ordinary(j.type, j.status, j.has_errors) desc, j.id desc limit most
        ) first;
    end if;
    if cardinality(cell_types) > 0 then
        return query select first.id from unnest(cell_types, cell_statuses, cell_errors) as cell (type, status, has_errors)
        cross join lateral (
            select j.id from headrace.jobs_history j
            where j.app = of_app and headrace.is_notable(j.type, j.status, j.has_errors)
                and j.type = cell.type and j.status = cell.status and j.has_errors = cell.has_errors
                and uuid_send(j.id) >= uuid_send(near_low) and uuid_send(j.id) < uuid_send(near_high)
                and j.id >= near_low and j.id < near_high
                and headrace.is_within(j.started_at, started_from, started_until)
                and headrace.is_within(j.ended_at, ended_from, ended_until)
            order by uuid_send(j.id) desc limit most
        ) first;
    end if;
    if cardinality(paces) > 0 then
        return query select first.id from unnest(paces, pace_lows, pace_highs) as part (pace, low, high)
        cross join lateral (
            select j.id from headrace.jobs_history j
            where j.app = of_app and headrace.job_pace(j.created_at, j.started_at, j.ended_at) <> 0
                and headrace.job_pace(j.created_at, j.started_at, j.ended_at) = part.pace
                and uuid_send(j.id) >= uuid_send(part.low) and uuid_send(j.id) < uuid_send(part.high)
                and j.id >= part.low and j.id < part.high
                and headrace.is_of(j.type, j.status, j.has_errors, types, statuses, errors)
                and headrace.is_within(j.started_at, started_from, started_until)
                and headrace.is_within(j.ended_at, ended_from, ended_until)
            order by uuid_send(j.id) desc limit most
        ) first;
    end if;
end
$$;

-- Every app's, by the key, which no type or status shortens.
create function headrace.first_jobs_of_all(
    types text[], statuses text[], errors boolean, started_from timestamptz, started_until timestamptz, ended_from timestamptz,
    ended_until timestamptz, low uuid, high uuid, near_low uuid, near_high uuid, live boolean, over boolean, paced boolean,
    most bigint
) returns setof uuid
language plpgsql stable
set plan_cache_mode = 'force_generic_plan' set enable_sort = off set enable_bitmapscan = off set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
    if live then
        return query select j.id from headrace.jobs_live j
        where j.id >= low and j.id < high and headrace.is_of(j.type, j.status, j.has_errors, types, statuses, errors)
            and headrace.is_within(j.started_at, started_from, started_until)
            and headrace.is_within(j.ended_at, ended_from, ended_until)
        order by j.id desc limit most;
    end if;
    if over then
        return query select j.id from headrace.jobs_history j
        where j.id >= near_low and j.id < near_high and headrace.is_of(j.type, j.status, j.has_errors, types, statuses, errors)
            and headrace.is_within(j.started_at, started_from, started_until)
            and headrace.is_within(j.ended_at, ended_from, ended_until)
        order by j.id desc limit most;
    end if;
    if paced then
        return query select j.id from headrace.jobs_history j
        where headrace.job_pace(j.created_at, j.started_at, j.ended_at) <> 0 and j.id >= low and j.id < high
            and headrace.is_of(j.type, j.status, j.has_errors, types, statuses, errors)
            and headrace.is_within(j.started_at, started_from, started_until)
            and headrace.is_within(j.ended_at, ended_from, ended_until)
        order by uuid_send(j.id) desc limit most;
    end if;
end
$$;
