-- Workers say whether they are hungry: whether they have slots for more than they found. Who makes a job wakes nobody where
-- nobody is hungry: a commit with a notification holds a lock of the whole database until it is on the disk, so such commits
-- go one by one (8 producers, one job a transaction each: 2,370 a second with it, 3,650 without).
--
-- A worker that becomes hungry says so, and then looks again: what was committed before is found by that. A transaction that
-- was under way before and commits after is found when the worker polls.
alter table headrace.workers add column hungry boolean not null default true;

-- Wakes the workers that listen when the transaction commits, if any of them is hungry. With its owner's rights, since those
-- who make jobs need not see the workers; so every name in it is qualified.
create function headrace.wake_hungry(payload text) returns void language sql volatile security definer as $$
    select pg_catalog.pg_notify('headrace_jobs', payload) where exists (select from headrace.workers w where w.hungry)
$$;

-- As in migration 0021, but for the last line.
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
#variable_conflict use_variable
declare
    job        uuid := headrace.uuid_v7();
    spec       jsonb;
    delay_ms   bigint := floor(extract(epoch from delay) * 1000);
    timeout_ms bigint := ceil(extract(epoch from timeout) * 1000);
    made       uuid;
begin
    perform headrace.require(app ~ '^[A-Za-z_][A-Za-z0-9_.\-]{0,62}$', 'app', app,
        'a name of 1 to 63 letters, digits, ''_'', ''-'', ''.''');
    perform headrace.require(jsonb_typeof(params) = 'object', 'params', params::text, 'an object');
    perform headrace.require(delay_ms between 0 and 316224000000, 'delay', delay::text, 'an interval from 0 to 3660 days');
    perform headrace.require(max_attempts between 1 and 1000, 'max_attempts', max_attempts::text, 'a number from 1 to 1000');
    perform headrace.require(timeout is null or timeout_ms between 1 and 86400000, 'timeout', timeout::text,
        'an interval from 1 ms to 1 day, or null');
    perform headrace.require(unique_key is null or length(unique_key) between 1 and 500, 'unique_key', unique_key,
        'a text of 1 to 500 characters, or null');
    perform headrace.require(concurrency_key is null or length(concurrency_key) between 1 and 500, 'concurrency_key',
        concurrency_key, 'a text of 1 to 500 characters, or null');
    perform headrace.require(concurrency_limit between 1 and 10000, 'concurrency_limit', concurrency_limit::text,
        'a number from 1 to 10000');
    perform headrace.require(low_priority is not null, 'low_priority', null, 'true or false');
    case kind
        when 'HANDLER' then
            perform headrace.require(name ~ '^[A-Za-z_][A-Za-z0-9_.:\-]{0,99}$', 'name', name,
                'a handler''s name of 1 to 100 letters, digits, ''_'', ''-'', ''.'', '':''');
            perform headrace.require(queue = 'default', 'queue', queue, 'no queue: jobs of a handler have their own');
            queue := 'handler.' || name;
            spec := jsonb_build_object('handlerName', name, 'params', params);
        when 'EXECUTE_SCRIPT' then
            perform headrace.require(queue ~ '^[A-Za-z_][A-Za-z0-9_.\-]{0,62}$' and queue not like 'handler.%', 'queue',
                queue, 'a name of 1 to 63 letters, digits, ''_'', ''-'', ''.''');
            perform headrace.require(exists (
                select from headrace.apps a
                join headrace.app_scripts s on s.app = a.name and s.version = a.version
                where a.name = app and s.path = name), 'name', name, format('the path of a script of the app %s', app));
            spec := jsonb_build_object('path', name, 'scriptName', name, 'params', params);
        else
            perform headrace.require(false, 'kind', kind, 'HANDLER or EXECUTE_SCRIPT');
    end case;
    loop
        insert into headrace.jobs_live (
            id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, root_id, run_by,
            unique_key, concurrency_key, concurrency_limit, created_at, ready_at)
        values (
            job, false, app, queue, kind, name, 'PENDING', low_priority, max_attempts, timeout_ms, job, run_by,
            unique_key, concurrency_key, concurrency_limit, clock_timestamp(), clock_timestamp() + make_interval(secs => delay_ms / 1000.0))
        on conflict do nothing
        returning id into made;
        exit when made is not null;
        select j.id into made from headrace.jobs_live j
        where j.app = enqueue.app and j.unique_key = enqueue.unique_key for key share;
        if made is not null then
            return made;
        end if;
    end loop;
    insert into headrace.job_params (job_id, label, spec) values (job, name, spec);
    perform headrace.wake_hungry(case when delay_ms = 0 and concurrency_key is null then app || ' ' || queue else '' end);
    return job;
end
$$;
