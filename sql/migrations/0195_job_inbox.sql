-- Jobs by COPY, and the checks of `headrace.enqueue` in one place for both.

-- Volatile, which its body is: so PostgreSQL inlines it. As stable it was called for each job (3 of 16 us a job in bulk).
alter function headrace.ready_priority(boolean, integer, timestamptz) volatile;

-- Jobs to be made, with the parameters of `headrace.enqueue` (docs/enqueue.md) as its columns. A trigger makes them in the same
-- statement, so what stands here is spent, and `sweep_inbox` truncates it now and then. To delete it in the same transaction
-- would make it walk over its own dead rows wherever a snapshot is held. Unlogged: the jobs themselves are what must last.
create unlogged table headrace.job_inbox (
    id                uuid, -- of `headrace.enqueue` alone
    app               text,
    name              text,
    params            jsonb    default '{}',
    kind              text     default 'HANDLER',
    queue             text     default 'default',
    delay             interval default '0',
    max_attempts      integer  default 1,
    timeout           interval,
    low_priority      boolean  default false,
    unique_key        text,
    run_by            text,
    concurrency_key   text,
    concurrency_limit integer  default 1
) with (autovacuum_enabled = false);

-- What is wrong with a job, but for the path of a script: parameter, value and what is allowed; null if nothing is.
-- One expression, so that PostgreSQL inlines it into a look at many jobs. Lengths stand beside the patterns: a pattern with
-- {0,62} in it took 1.2 us, one with * takes 0.2.
create function headrace.job_problem(
    id uuid, app text, name text, params jsonb, kind text, queue text, delay interval, max_attempts integer, timeout interval,
    low_priority boolean, unique_key text, concurrency_key text, concurrency_limit integer
) returns text[] language sql stable as $$
    select case
        when id is not null and (id between headrace.uuid_floor(now() - interval '1 day')
                and headrace.uuid_floor(now() + interval '1 day')) is not true
            then array['id', id::text, 'left out: it is made']
        when (app ~ '^[A-Za-z_][A-Za-z0-9_.\-]*$' and length(app) <= 63) is not true
            then array['app', app, 'a name of 1 to 63 letters, digits, ''_'', ''-'', ''.''']
        when (jsonb_typeof(params) = 'object') is not true
            then array['params', params::text, 'an object']
        when (delay between interval '0' and interval '3660 days') is not true
            then array['delay', delay::text, 'an interval from 0 to 3660 days']
        when (max_attempts between 1 and 1000) is not true
            then array['max_attempts', max_attempts::text, 'a number from 1 to 1000']
        when timeout is not null and (timeout > interval '0' and timeout <= interval '1 day') is not true
            then array['timeout', timeout::text, 'an interval from 1 ms to 1 day, or null']
        when unique_key is not null and (length(unique_key) between 1 and 500) is not true
            then array['unique_key', unique_key, 'a text of 1 to 500 characters, or null']
        when concurrency_key is not null and (length(concurrency_key) between 1 and 500) is not true
            then array['concurrency_key', concurrency_key, 'a text of 1 to 500 characters, or null']
        when (concurrency_limit between 1 and 10000) is not true
            then array['concurrency_limit', concurrency_limit::text, 'a number from 1 to 10000']
        when low_priority is null
            then array['low_priority', null, 'true or false']
        when kind = 'HANDLER' and (name ~ '^[A-Za-z_][A-Za-z0-9_.:\-]*$' and length(name) <= 100) is not true
            then array['name', name, 'a handler''s name of 1 to 100 letters, digits, ''_'', ''-'', ''.'', '':''']
        when kind = 'HANDLER' and (queue = 'default') is not true
            then array['queue', queue, 'no queue: jobs of a handler have their own']
        when kind = 'EXECUTE_SCRIPT'
                and (queue ~ '^[A-Za-z_][A-Za-z0-9_.\-]*$' and length(queue) <= 63 and queue not like 'handler.%') is not true
            then array['queue', queue, 'a name of 1 to 63 letters, digits, ''_'', ''-'', ''.''']
        when (kind in ('HANDLER', 'EXECUTE_SCRIPT')) is not true
            then array['kind', kind, 'HANDLER or EXECUTE_SCRIPT']
    end
$$;

-- An id of this instant, which is in 1/4096 ms since the epoch: the layout of `uuid_v7`, for many ids in one order. Its last 62
-- bits come of a random seed: PostgreSQL takes 3 to 15 us to draw them for each.
create function headrace.uuid_at(stamp bigint, seed bigint) returns uuid language sql immutable parallel safe as $$
    select (lpad(to_hex(stamp >> 12), 12, '0') || to_hex(28672 | (stamp & 4095))
        || to_hex(hashint8extended(stamp, seed) & 4611686018427387903 | (-9223372036854775808)))::uuid
$$;

-- Makes the jobs of a statement. With its owner's rights: whoever may write to the inbox need not see any job, nor touch a list.
create function headrace.take_inbox() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    bad  record;
    base bigint := floor(extract(epoch from clock_timestamp()) * 4096000);
    seed bigint := hashtextextended(gen_random_uuid()::text, 0);
begin
    select n, problem into bad from (
        select row_number() over () as n, headrace.job_problem(id, app, name, params, kind, queue, delay, max_attempts,
            timeout, low_priority, unique_key, concurrency_key, concurrency_limit) as problem
        from made
    ) looked where problem is not null limit 1;
    if not found and exists (select from made where kind = 'EXECUTE_SCRIPT') then
        select n, array['name', name, format('the path of a script of the app %s', app)] as problem into bad from (
            select row_number() over () as n, made.* from made
        ) m where kind = 'EXECUTE_SCRIPT' and not exists (
            select from headrace.apps a join headrace.app_scripts s on s.app = a.name and s.version = a.version
            where a.name = m.app and s.path = m.name)
        limit 1;
    end if;
    if bad.problem is not null then
        raise invalid_parameter_value using
            message = format('%s is %s, but must be %s', bad.problem[1],
                coalesce(quote_literal(left(bad.problem[2], 200)), 'null'), bad.problem[3]),
            detail = format('It is row %s of %s.', bad.n, (select count(*) from made));
    end if;
    with input as materialized (
        select coalesce(id, headrace.uuid_at(stamp, seed)) as id, timestamptz 'epoch' + (stamp >> 12) * interval '1 ms' as created_at,
            app, name, params, kind, max_attempts, low_priority, unique_key, run_by, concurrency_key, concurrency_limit,
            case kind when 'HANDLER' then 'handler.' || name else queue end as queue,
            case when delay = interval '0' then delay
                else make_interval(secs => floor(extract(epoch from delay) * 1000) / 1000.0) end as delay,
            case when timeout is not null then ceil(extract(epoch from timeout) * 1000) end as timeout_ms
        from (select row_number() over () + base as stamp, made.* from made) numbered
    ), free as (
        insert into headrace.jobs_live (
            id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, root_id, run_by,
            concurrency_key, concurrency_limit, created_at, ready_at)
        select id, false, app, queue, kind, name, 'PENDING', low_priority, max_attempts, timeout_ms, id, run_by,
            concurrency_key, concurrency_limit, created_at, clock_timestamp() + delay
        from input where unique_key is null
    ), keyed as (
        insert into headrace.jobs_live (
            id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, root_id, run_by,
            unique_key, concurrency_key, concurrency_limit, created_at, ready_at)
        select id, false, app, queue, kind, name, 'PENDING', low_priority, max_attempts, timeout_ms, id, run_by,
            unique_key, concurrency_key, concurrency_limit, created_at, clock_timestamp() + delay
        from input where unique_key is not null
        on conflict (app, unique_key) where unique_key is not null do nothing
        returning id
    ), params as (
        insert into headrace.job_params (job_id, label, spec)
        select id, name, case kind when 'HANDLER' then jsonb_build_object('handlerName', name, 'params', params)
            else jsonb_build_object('path', name, 'scriptName', name, 'params', params) end
        from input where unique_key is null or id in (select id from keyed)
    ), lanes as materialized (
        select distinct case when delay = interval '0' and concurrency_key is null then app || ' ' || queue else '' end as lane
        from input where unique_key is null or id in (select id from keyed)
    )
    select count(headrace.wake_hungry(case when (select count(*) from lanes) > 16 then '' else lane end)) as told into bad
    from lanes;
    return null;
end
$$;
create trigger jobs_made after insert on headrace.job_inbox
    referencing new table as made for each statement execute function headrace.take_inbox();

-- Truncates the inbox when it holds more than `most` bytes and nobody writes to it; whether it did. Waits for nobody.
create function headrace.sweep_inbox(most bigint default 8388608) returns boolean language plpgsql as $$
begin
    if pg_relation_size('headrace.job_inbox') <= most then
        return false;
    end if;
    perform set_config('lock_timeout', '50ms', true);
    truncate headrace.job_inbox;
    return true;
exception when lock_not_available then
    return false;
end
$$;

-- The live job of the app that holds this key.
create function headrace.job_holding(of_app text, key text) returns uuid
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    select id from headrace.jobs_live where app = of_app and unique_key = key
$$;
revoke execute on function headrace.job_holding from public;

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
) returns uuid language plpgsql as $$
declare
    job    uuid := headrace.uuid_v7();
    holder uuid;
begin
    loop
        insert into headrace.job_inbox values (job, app, name, params, kind, queue, delay, max_attempts, timeout, low_priority,
            unique_key, run_by, concurrency_key, concurrency_limit);
        holder := case when unique_key is null then job else headrace.job_holding(app, unique_key) end;
        -- None: who held the key has ended in between, and it is free now.
        if holder is not null then
            return holder;
        end if;
    end loop;
end
$$;
drop function headrace.require;

-- Lets a role make jobs, by `headrace.enqueue` and by COPY: of every app, and nothing else.
create function headrace.allow_enqueue(role name) returns void language plpgsql as $$
begin
    execute format('grant usage on schema headrace to %I', role);
    execute format('grant insert on headrace.job_inbox to %I', role);
    execute format('grant execute on function headrace.job_holding to %I', role);
end
$$;

-- Roles that could make jobs until now, by writing to the tables behind.
do $$
declare
    role name;
begin
    for role in
        select r.rolname from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
        where c.oid = 'headrace.jobs_live'::regclass and a.privilege_type = 'INSERT' and a.grantee <> c.relowner
    loop
        perform headrace.allow_enqueue(role);
    end loop;
end
$$;
