-- Every app's, for who looks after the platform. All indexes but the key begin with the app, so here PostgreSQL does choose, for
-- the values in hand: the key for what is frequent, others for what is rare. headrace.first_jobs, which calls it, has it all off.
create or replace function headrace.first_jobs_of_all(
    types text[], statuses text[], errors boolean, started_from timestamptz, started_until timestamptz, ended_from timestamptz,
    ended_until timestamptz, low uuid, high uuid, near_low uuid, near_high uuid, live boolean, over boolean, paced boolean,
    most bigint
) returns setof uuid
language plpgsql stable
set plan_cache_mode = 'force_custom_plan' set enable_sort = on set enable_bitmapscan = on set enable_seqscan = on
set enable_incremental_sort = on set jit = off
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
        -- By the index of these alone: ids by themselves would lead to the key.
        where headrace.job_pace(j.created_at, j.started_at, j.ended_at) <> 0
            and uuid_send(j.id) >= uuid_send(low) and uuid_send(j.id) < uuid_send(high)
            and headrace.is_of(j.type, j.status, j.has_errors, types, statuses, errors)
            and headrace.is_within(j.started_at, started_from, started_until)
            and headrace.is_within(j.ended_at, ended_from, ended_until)
        order by uuid_send(j.id) desc limit most;
    end if;
end
$$;
