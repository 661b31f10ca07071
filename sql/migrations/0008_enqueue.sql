-- Jobs from SQL, inside any client's transaction. The contract is docs/enqueue.md: parameters may be added at the end, with
-- defaults; none is renamed, moved or taken away.

create function headrace.enqueue(
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
    run_by       text     default null
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
            unique_key, created_at, ready_at)
        values (
            job, false, app, queue, kind, name, 'PENDING', low_priority, max_attempts, timeout_ms, job, run_by,
            unique_key, clock_timestamp(), clock_timestamp() + make_interval(secs => delay_ms / 1000.0))
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
    perform pg_notify('headrace_jobs', case when delay_ms = 0 then app || ' ' || queue else '' end);
    return job;
end
$$;

-- An error that names parameter, value and what is allowed, where the condition does not hold.
create function headrace.require(holds boolean, parameter text, value text, allowed text) returns void
language plpgsql immutable as $$
begin
    if holds is not true then
        raise invalid_parameter_value using
            message = format('%s is %s, but must be %s', parameter, coalesce(quote_literal(left(value, 200)), 'null'), allowed);
    end if;
end
$$;
