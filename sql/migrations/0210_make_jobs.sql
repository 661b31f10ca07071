-- What makes jobs also lists them and tells of them, which triggers did: triggers that see the rows of a statement cost a job
-- that was made alone 57 of 220 us of the server. And a plain job that comes alone has a path of its own, without arrays to unfold
-- and without the joins that a thousand need. Nothing else may insert into jobs_live: it would stand in no list.

drop trigger list_created on headrace.jobs_live;
drop trigger created_told on headrace.jobs_live;
drop function headrace.list_created;
drop function headrace.tell_created;
-- Processes of the version before call it where they make jobs: an error is better than jobs that stand in no list.
drop function headrace.wake_hungry;

-- As the trigger of migration 0031: new jobs that have a parent and are due rank behind the last one of their root.
create function headrace.list_children(children uuid[], turn bigint) returns void language sql as $$
    with new as materialized (
        select id, app, queue, root_id, ready_at, headrace.ready_priority(low_priority, attempt, ready_at) as priority,
            make_interval(secs => 0.1 * (row_number() over (partition by root_id order by id) - 1)) as behind
        from headrace.jobs_live where id = any (children)
    ), clocks as materialized (
        select root_id, pg_try_advisory_xact_lock(hashtextextended('headrace root ' || root_id, 31)) as mine, (
            select c.rank + interval '100 ms' from headrace.root_ranks c
            where c.root_id = roots.root_id and exists (
                select from headrace.jobs_live j where j.id = c.last_id and j.status = 'PENDING')) as base
        from (select distinct root_id from new) roots
    ), listed as (
        insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
        select turn, app, queue, priority,
            case when priority = 0 then ready_at else greatest(clock_timestamp(), base) end + behind, id
        from new join clocks using (root_id)
        order by id
        returning job_id, rank
    )
    insert into headrace.root_ranks as r (root_id, rank, last_id)
    select distinct on (root_id) root_id, rank, job_id
    from listed join new on new.id = listed.job_id join clocks using (root_id)
    where priority > 0 and mine
    order by root_id, rank desc
    on conflict (root_id) do update set rank = excluded.rank, last_id = excluded.last_id
$$;

-- What is done with many new jobs stands here once, as a text, for both sources of them: the engine's arrays, and the lines of
-- the inbox. A function for both would have to hand the jobs over in arrays: 2 us more for each that comes by COPY, and as many
-- jobs as fit into a gigabyte.
--
-- A job whose unique key is taken by a live job of its app is not made: its id is among the refused ones. Jobs without a key are
-- inserted apart: what may conflict is written twice to the log.
-- ready_at: an urgent job is put before its app's backlog, but for what has waited for a day: urgent jobs without
-- end must not starve the others. The delay alone says whether a job is due: by the clock, asked again by each part, a job with a
-- short delay was "later" for the one and "now" for the other, and stood in no list.
-- Where a worker is hungry, those that listen hear of it when this commits: of each lane with work by itself, so that they need
-- not look for it, or of "something" where there are many lanes, jobs for later, or jobs with concurrency keys.
-- The plans are the general ones: with the lengths of arrays in sight each call would be planned anew, which takes longer.
do $migration$
declare
    makes_them constant text := $text$
    with input as materialized (
        select *, case when urgent and not low_priority then 0 when low_priority then 2 else 1 end as priority,
            made_at + case when urgent then interval '-1 day' else delay end as ready_at
        from (%s) given
    ), free as (
        insert into headrace.jobs_live (
            id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version,
            parent_id, root_id, run_by, concurrency_key, concurrency_limit, created_at, ready_at)
        select
            id, false, app, queue, type, name, 'PENDING', low_priority, max_attempts, timeout_ms, app_version,
            parent_id, coalesce(root_id, id), run_by, concurrency_key, concurrency_limit, created_at, ready_at
        from input where unique_key is null
    ), keyed as (
        insert into headrace.jobs_live (
            id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version,
            parent_id, root_id, run_by, unique_key, concurrency_key, concurrency_limit, created_at, ready_at)
        select
            id, false, app, queue, type, name, 'PENDING', low_priority, max_attempts, timeout_ms, app_version,
            parent_id, coalesce(root_id, id), run_by, unique_key, concurrency_key, concurrency_limit, created_at, ready_at
        from input where unique_key is not null
        on conflict (app, unique_key) where unique_key is not null do nothing
        returning id
    ), params as (
        insert into headrace.job_params (job_id, label, spec)
        select id, label, spec from input where unique_key is null or id in (select id from keyed)
    ), listed as (
        insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
        select turn, app, queue, priority, case when priority = 0 then ready_at else clock_timestamp() end, id
        from (
            select * from input
            where delay = interval '0' and parent_id is null and concurrency_key is null
                and (unique_key is null or id in (select id from keyed))
            order by id
        ) due
    ), later as (
        insert into headrace.job_later (job_id, ready_at)
        select id, ready_at from input
        where delay > interval '0' and (unique_key is null or id in (select id from keyed))
    )
    select array_agg(id) filter (where not made) as refused,
        array_agg(id) filter (where made and due and parent_id is not null and concurrency_key is null) as children,
        array_agg(id) filter (where made and due and concurrency_key is not null) as blocked,
        array_agg(distinct case when due and concurrency_key is null then app || ' ' || queue else '' end)
            filter (where hungry and made) as lanes,
        array_agg(id) filter (
            where told and made and app in (select l.app from headrace.listeners l where l.kind = 'job')) as news
    into done
    from (select *, delay = interval '0' as due, unique_key is null or id in (select id from keyed) as made from input) i;
    if done.children is not null then
        perform headrace.list_children(done.children, turn);
    end if;
    if done.blocked is not null then
        perform headrace.block(done.blocked);
    end if;
    if done.news is not null then
        perform headrace.tell_live('created', done.news);
    end if;
    if cardinality(done.lanes) > 16 then
        perform pg_notify('headrace_jobs', '');
    else
        perform pg_notify('headrace_jobs', lane) from unnest(done.lanes) as lane;
    end if;
    $text$;
    context constant text := $text$
    select (select last_value %% 3 from headrace.job_ready_turn),
        exists (select from headrace.listeners where kind = 'job' and 'created' = any (events)),
        %s exists (select from headrace.workers w where w.hungry)
    into turn, told, hungry;
    $text$;
    declared constant text := $text$
    made_at constant timestamptz := clock_timestamp();
    turn    bigint; -- of the lists
    told    boolean;
    hungry  boolean;
    done    record;
    $text$;
begin
    -- The ids of those that were not made. `ids`, `specs` and `kinds` have an element for each job, the others one for each kind
    -- of jobs that are alike in all else. So thousands of equal jobs are few values. (PL/pgSQL finds an element of its own arrays
    -- without a walk to it; slices of `ids` and `specs` for each kind were such walks: 28 us a job where no two are alike, now 14.)
    execute $text$
create function headrace.make_jobs(
    ids uuid[], specs jsonb[], kinds integer[], stamps timestamptz[], apps text[], queues text[], types text[],
    names text[], labels text[], lows boolean[], urgents boolean[], delays_ms bigint[], attempts integer[],
    timeouts_ms integer[], app_versions integer[], parent_ids uuid[], root_ids uuid[], users text[], unique_keys text[],
    concurrency_keys text[], concurrency_limits integer[], wake boolean
) returns uuid[] language plpgsql set plan_cache_mode = force_generic_plan as $$
declare $text$ || declared || 'begin' || format(context, 'wake and') || format(makes_them, $text$
            select id, spec, stamps[n] as created_at, apps[n] as app, queues[n] as queue, types[n] as type, names[n] as name,
                labels[n] as label, lows[n] as low_priority, urgents[n] as urgent, attempts[n] as max_attempts,
                timeouts_ms[n] as timeout_ms, app_versions[n] as app_version, parent_ids[n] as parent_id, root_ids[n] as root_id,
                users[n] as run_by, unique_keys[n] as unique_key, concurrency_keys[n] as concurrency_key,
                concurrency_limits[n] as concurrency_limit, make_interval(secs => delays_ms[n] / 1000.0) as delay
            from unnest(ids, specs, kinds) as job (id, spec, n)
        $text$) || $text$
    return coalesce(done.refused, '{}');
end
$$
    $text$;

    -- Makes the jobs of a statement. With its owner's rights: whoever may write to the inbox need not see any job, nor touch a
    -- list.
    execute $text$
create or replace function headrace.take_inbox() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    bad     record;
    base    bigint := floor(extract(epoch from clock_timestamp()) * 4096000);
    seed    bigint := hashtextextended(gen_random_uuid()::text, 0);
    $text$ || declared || $text$
begin
    select n, problem into bad from (
        select row_number() over () as n, headrace.job_problem(id, app, name, params, kind, queue, delay, max_attempts,
            timeout, low_priority, unique_key, concurrency_key, concurrency_limit) as problem
        from made
    ) looked where problem is not null limit 1;
    if not found and exists (select from made where kind = 'EXECUTE_SCRIPT') then
        select n, problem into bad
        from (select row_number() over () as n, made.* from made) m
        cross join lateral headrace.script_problem(app, name) as problem
        where kind = 'EXECUTE_SCRIPT' and problem is not null limit 1;
    end if;
    if bad.problem is not null then
        perform headrace.refuse_job(bad.problem, bad.n, (select count(*) from made));
    end if;
    $text$ || format(context, '') || format(makes_them, $text$
            select coalesce(id, headrace.uuid_at(stamp, seed)) as id, headrace.spec_of(kind, name, params) as spec,
                timestamptz 'epoch' + (stamp >> 12) * interval '1 ms' as created_at, app,
                case kind when 'HANDLER' then 'handler.' || name else queue end as queue, kind as type, name, name as label,
                low_priority, false as urgent, max_attempts, ceil(extract(epoch from timeout) * 1000) as timeout_ms,
                null::integer as app_version, null::uuid as parent_id, null::uuid as root_id,
                run_by, unique_key, concurrency_key, concurrency_limit,
                case when delay = interval '0' then delay
                    else make_interval(secs => floor(extract(epoch from delay) * 1000) / 1000.0) end as delay
            from (select row_number() over () + base as stamp, made.* from made) numbered
        $text$) || $text$
    return null;
end
$$
    $text$;
end
$migration$;
revoke execute on function headrace.make_jobs from public;

-- As `make_jobs`, of one job: whether it was made. Most jobs are made alone, and most of those are plain.
create function headrace.make_job(
    id uuid, spec jsonb, created_at timestamptz, app text, queue text, type text, name text, label text, low_priority boolean,
    urgent boolean, delay_ms bigint, max_attempts integer, timeout_ms integer, app_version integer, parent_id uuid, root_id uuid,
    run_by text, unique_key text, concurrency_key text, concurrency_limit integer, wake boolean
) returns boolean language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
    at     constant timestamptz := clock_timestamp() - case when urgent then interval '1 day' else interval '0' end;
    turn   bigint;
    told   boolean;
    hungry boolean;
begin
    if delay_ms > 0 or parent_id is not null or unique_key is not null or concurrency_key is not null then
        return '{}' = headrace.make_jobs(
            array[id], array[spec], '{1}', array[created_at], array[app], array[queue], array[type], array[name], array[label],
            array[low_priority], array[urgent], array[delay_ms], array[max_attempts], array[timeout_ms], array[app_version],
            array[parent_id], array[root_id], array[run_by], array[unique_key], array[concurrency_key], array[concurrency_limit],
            wake);
    end if;
    select (select last_value % 3 from headrace.job_ready_turn),
        exists (select from headrace.listeners where kind = 'job' and 'created' = any (events)),
        wake and exists (select from headrace.workers w where w.hungry)
    into turn, told, hungry;
    insert into headrace.jobs_live (
        id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version,
        root_id, run_by, concurrency_limit, created_at, ready_at)
    values (
        id, false, app, queue, type, name, 'PENDING', low_priority, max_attempts, timeout_ms, app_version,
        coalesce(root_id, id), run_by, concurrency_limit, created_at, at);
    insert into headrace.job_params (job_id, label, spec) values (id, label, spec);
    insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
    values (
        turn, app, queue, case when low_priority then 2 when urgent then 0 else 1 end,
        case when urgent and not low_priority then at else clock_timestamp() end, id);
    if told then
        perform headrace.tell_live('created', array[id]);
    end if;
    if hungry then
        perform pg_notify('headrace_jobs', app || ' ' || queue);
    end if;
    return true;
end
$$;
revoke execute on function headrace.make_job from public;

-- Refuses a job: what is wrong with it (`job_problem`), and which of how many it is.
create function headrace.refuse_job(problem text[], n bigint, of_all bigint) returns void language plpgsql as $$
begin
    raise invalid_parameter_value using
        message = format('%s is %s, but must be %s',
            problem[1], coalesce(quote_literal(left(problem[2], 200)), 'null'), problem[3]),
        detail = format('It is row %s of %s.', n, of_all);
end
$$;

-- As `job_problem`, of a script that the app does not have.
create function headrace.script_problem(of_app text, script text) returns text[] language sql stable as $$
    select array['name', script, format('the path of a script of the app %s', of_app)] where not exists (
        select from headrace.apps a join headrace.app_scripts s on s.app = a.name and s.version = a.version
        where a.name = of_app and s.path = script)
$$;

create function headrace.spec_of(kind text, name text, params jsonb) returns jsonb language sql stable as $$
    select case kind when 'HANDLER' then jsonb_build_object('handlerName', name, 'params', params)
        else jsonb_build_object('path', name, 'scriptName', name, 'params', params) end
$$;
-- As in migration 0195, but past the inbox. With its owner's rights: whoever may call it need not see any job, nor touch a list.
create or replace function headrace.enqueue(
    app          text,
    name         text,
    params       jsonb    default '{}',
    kind         text     default 'HANDLER',
    queue        text     default 'default',
    delay        interval default '0',
    max_attempts integer  default 1,
    timeout      interval default null,
    low_priority boolean  default false,
    unique_key   text     default null,
    run_by       text     default null,
    concurrency_key   text    default null,
    concurrency_limit integer default 1
) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    stamp   constant bigint := floor(extract(epoch from clock_timestamp()) * 4096000);
    job     constant uuid := headrace.uuid_at(stamp, hashtextextended(gen_random_uuid()::text, 0));
    problem text[] := headrace.job_problem(null, app, name, params, kind, queue, delay, max_attempts, timeout, low_priority,
        unique_key, concurrency_key, concurrency_limit);
    holder  uuid;
begin
    if problem is null and kind = 'EXECUTE_SCRIPT' then
        problem := headrace.script_problem(app, name);
    end if;
    if problem is not null then
        perform headrace.refuse_job(problem, 1, 1);
    end if;
    loop
        if headrace.make_job(
            job, headrace.spec_of(kind, name, params), timestamptz 'epoch' + (stamp >> 12) * interval '1 ms', app,
            case kind when 'HANDLER' then 'handler.' || name else queue end, kind, name, name, low_priority, false,
            case when delay = interval '0' then 0 else floor(extract(epoch from delay) * 1000)::bigint end, max_attempts,
            ceil(extract(epoch from timeout) * 1000)::integer, null, null, null, run_by, unique_key, concurrency_key,
            concurrency_limit, true)
        then
            return job;
        end if;
        holder := headrace.job_holding(app, unique_key);
        -- None: who held the key has ended in between, and it is free now.
        if holder is not null then
            return holder;
        end if;
    end loop;
end
$$;
revoke execute on function headrace.enqueue from public;

create or replace function headrace.allow_enqueue(role name) returns void language plpgsql as $$
begin
    execute format('grant usage on schema headrace to %I', role);
    execute format('grant insert on headrace.job_inbox to %I', role);
    execute format('grant execute on function headrace.enqueue to %I', role);
end
$$;
do $$
declare
    role name;
begin
    for role in
        select r.rolname from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where c.oid = 'headrace.job_inbox'::regclass and a.privilege_type = 'INSERT' and a.grantee <> c.relowner
    loop
        execute format('revoke execute on function headrace.job_holding from %I', role);
        perform headrace.allow_enqueue(role);
    end loop;
end
$$;
