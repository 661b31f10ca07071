-- A job that comes alone is made by one statement, and looks for hungry workers and for listeners only where there can be any
-- (docs/decisions.md, "headrace.enqueue makes a job by one statement"). Each look took 5 to 7 of 46 us.

-- Until when a worker may be hungry, in seconds since the epoch: ten minutes from when one last said so, which each does with each
-- heartbeat, at least once a minute. A sequence, since what one transaction sets others see at once, and nothing of it is left to
-- vacuum. Set before the worker's row is committed, so who makes a job looks too often, not too seldom.
create sequence headrace.hungry_until;

create function headrace.stay_hungry() returns trigger language plpgsql as $$
begin
    perform setval('headrace.hungry_until', extract(epoch from clock_timestamp())::bigint + 600);
    return null;
end
$$;
create trigger hungry_until after insert or update on headrace.workers
    for each row when (new.hungry) execute function headrace.stay_hungry();
select setval('headrace.hungry_until', extract(epoch from clock_timestamp())::bigint + 600)
where exists (select from headrace.workers where hungry);

-- Wakes those who listen when the transaction commits, if any of the workers is hungry.
create function headrace.wake_for(lane text) returns void language plpgsql as $$
begin
    if exists (select from headrace.workers w where w.hungry) then
        perform pg_notify('headrace_jobs', lane);
    end if;
end
$$;
revoke execute on function headrace.wake_for from public;

-- Was called if an app has ever listened to new jobs. It outlives a rollback, and is never taken back: where it was, the listeners
-- themselves are looked at.
create sequence headrace.created_heard;

create function headrace.hear_created() returns trigger language plpgsql as $$
begin
    perform nextval('headrace.created_heard');
    return null;
end
$$;
create trigger created_heard after insert or update of events on headrace.listeners
    for each row when (new.kind = 'job' and 'created' = any (new.events)) execute function headrace.hear_created();
select nextval('headrace.created_heard')
where exists (select from headrace.listeners where kind = 'job' and 'created' = any (events));

-- Tells of one new job, where its app listens.
create function headrace.tell_created(of_app text, id uuid) returns void language plpgsql as $$
begin
    if exists (select from headrace.listeners l where l.kind = 'job' and l.app = of_app and 'created' = any (l.events)) then
        perform headrace.tell_live('created', array[id]);
    end if;
end
$$;
revoke execute on function headrace.tell_created from public;

-- As in migration 0210. A plain job is made as by sql/queries/job_insert.sql.
create or replace function headrace.make_job(
    id uuid, spec jsonb, created_at timestamptz, app text, queue text, type text, name text, label text, low_priority boolean,
    urgent boolean, delay_ms bigint, max_attempts integer, timeout_ms integer, app_version integer, parent_id uuid, root_id uuid,
    run_by text, unique_key text, concurrency_key text, concurrency_limit integer, wake boolean
) returns boolean language plpgsql as $$
#variable_conflict use_variable
begin
    if delay_ms > 0 or parent_id is not null or unique_key is not null or concurrency_key is not null then
        return '{}' = headrace.make_jobs(
            array[id], array[spec], '{1}', array[created_at], array[app], array[queue], array[type], array[name], array[label],
            array[low_priority], array[urgent], array[delay_ms], array[max_attempts], array[timeout_ms], array[app_version],
            array[parent_id], array[root_id], array[run_by], array[unique_key], array[concurrency_key], array[concurrency_limit],
            wake);
    end if;
    with params as (
        insert into headrace.job_params (job_id, label, spec) values (id, label, spec)
    ), listed as (
        insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
        values (
            coalesce(pg_sequence_last_value('headrace.job_ready_turn'), 0) % 3, app, queue,
            case when low_priority then 2 when urgent then 0 else 1 end,
            clock_timestamp() - case when urgent and not low_priority then interval '1 day' else interval '0' end, id)
    )
    insert into headrace.jobs_live (
        id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version,
        root_id, run_by, concurrency_limit, created_at, ready_at)
    values (
        id, false, app, queue, type, name, 'PENDING', low_priority, max_attempts, timeout_ms, app_version,
        coalesce(root_id, id), run_by, concurrency_limit, created_at,
        clock_timestamp() - case when urgent then interval '1 day' else interval '0' end);
    if pg_sequence_last_value('headrace.created_heard') is not null then
        perform headrace.tell_created(app, id);
    end if;
    if wake and to_timestamp(pg_sequence_last_value('headrace.hungry_until')) > clock_timestamp() then
        perform headrace.wake_for(app || ' ' || queue);
    end if;
    return true;
end
$$;

-- As in migration 0210, but that the id's last bits come of the session's own random numbers, and of its process, whatever
-- setseed() was called with.
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
    job     constant uuid := headrace.uuid_at(stamp, hashfloat8extended(random(), pg_backend_pid()));
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
