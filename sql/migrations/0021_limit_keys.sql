-- Jobs with a concurrency key: at most concurrency_limit of an app's jobs with one key are listed or hold a worker.
--
-- Lanes are limited by their claims (migration 0011): there are few, and a full one is passed over as a whole. Keys may be
-- many, and jobs of a full one would lie in the way of all others of their lane, so they are not in job_ready at all: they wait
-- in job_blocked, by key, until a permit of the key is theirs. So a claim never meets them, however many there are.
--
-- Whatever may let a job of a key go on leaves a row in key_turns: a job that came, a permit that left. Workers that look
-- take these rows, and admit the next jobs of these keys, and of no others. Admissions of one key take turns by an
-- advisory lock that they try and never wait for; who misses it leaves the row for the next look.
--
-- jobs_live.limited is true exactly while the job has a permit. A claim takes a job with a key only if it has, so an entry of
-- job_ready that a stop left behind cannot let its job pass.
alter table headrace.jobs add column concurrency_key text;
alter table headrace.jobs add column concurrency_limit integer not null default 1;

create table headrace.job_blocked (
    app      text        not null,
    key      text        not null,
    priority smallint    not null,
    rank     timestamptz not null,
    job_id   uuid        not null
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index job_blocked_order on headrace.job_blocked (app, key, priority, rank);

create table headrace.key_permits (
    job_id uuid primary key,
    app    text not null,
    key    text not null
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index key_permits_key on headrace.key_permits (app, key);

create table headrace.key_turns (
    n   bigint generated always as identity primary key,
    app text not null,
    key text not null
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- These due jobs with keys wait for their turn.
create function headrace.block(ids uuid[]) returns void language sql volatile as $$
    with blocked as (
        insert into headrace.job_blocked (app, key, priority, rank, job_id)
        select app, concurrency_key, priority, case when priority = 0 then ready_at else clock_timestamp() end, id
        from (
            select j.*, headrace.ready_priority(low_priority, attempt, ready_at) as priority
            from headrace.jobs_live j where j.id = any (ids) and j.concurrency_key is not null
        ) j order by id
        returning app, key
    )
    insert into headrace.key_turns (app, key) select distinct app, key from blocked
$$;

create or replace function headrace.list_created() returns trigger language plpgsql as $$
declare
    keyed uuid[];
begin
    insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
    select turn % 3, app, queue, priority,
        case when priority = 0 then ready_at else clock_timestamp() end
            + case when parent_id is null then interval '0' else make_interval(secs => 0.1 * (child - 1)) end,
        id
    from (
        select m.*, headrace.ready_priority(low_priority, attempt, ready_at) as priority,
            row_number() over (partition by parent_id order by id) as child
        from made m where ready_at <= clock_timestamp() and concurrency_key is null
    ) due, (select last_value as turn from headrace.job_ready_turn) now_on
    order by id;
    insert into headrace.job_later (job_id, ready_at)
    select id, ready_at from made where ready_at > clock_timestamp() and ready_at < 'infinity';
    select array_agg(id) into keyed from made where concurrency_key is not null and ready_at <= clock_timestamp();
    if keyed is not null then
        perform headrace.block(keyed);
    end if;
    return null;
end
$$;

create or replace function headrace.list_changed() returns trigger language plpgsql as $$
declare
    priority smallint;
begin
    if new.ready_at <= clock_timestamp() then
        if new.concurrency_key is null then
            priority := headrace.ready_priority(new.low_priority, new.attempt, new.ready_at);
            insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
            values ((select last_value % 3 from headrace.job_ready_turn), new.app, new.queue, priority,
                case when priority = 0 then new.ready_at else clock_timestamp() end, new.id);
        else
            perform headrace.block(array[new.id]);
        end if;
        delete from headrace.job_later where job_id = new.id;
    elsif new.ready_at < 'infinity' then
        insert into headrace.job_later (job_id, ready_at) values (new.id, new.ready_at)
        on conflict (job_id) do update set ready_at = excluded.ready_at;
    end if;
    return null;
end
$$;

-- Lists the next jobs of a key that its permits are enough for; whether one must be tried again, since somebody has it locked.
-- Volatile: each statement in it has a snapshot of its own, taken after the caller's lock on the key.
create function headrace.admit_key(of_app text, of_key text) returns boolean language plpgsql volatile as $$
declare
    entry record;
    job   record;
    held  integer;
    again boolean := false;
begin
    select count(*) into held from headrace.key_permits where app = of_app and key = of_key;
    for entry in
        select ctid as place, priority, rank, job_id from headrace.job_blocked
        where app = of_app and key = of_key order by priority, rank for update skip locked
    loop
        select id, app, queue, limited, concurrency_limit into job from headrace.jobs_live
        where id = entry.job_id and ready_at <= clock_timestamp() for no key update skip locked;
        if job.id is null then
            -- Locked by somebody; or over, stopped, or for later: then nothing leads here any more.
            if exists (select from headrace.jobs_live where id = entry.job_id and ready_at <= clock_timestamp()) then
                again := true;
                continue;
            end if;
        elsif not job.limited then
            exit when held >= job.concurrency_limit;
            insert into headrace.key_permits (job_id, app, key) values (job.id, of_app, of_key);
            update headrace.jobs_live set limited = true where id = job.id;
            held := held + 1;
        end if;
        if job.id is not null then
            insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
            values ((select last_value % 3 from headrace.job_ready_turn), job.app, job.queue, entry.priority, entry.rank,
                job.id);
        end if;
        delete from headrace.job_blocked where ctid = entry.place;
    end loop;
    return again;
end
$$;

-- Takes up to `most` turns of keys, and admits what may go on.
create function headrace.admit_keys(most integer) returns void language plpgsql volatile as $$
declare
    turn record;
begin
    for turn in
        select app, key, array_agg(n) as taken from (
            select n, app, key from headrace.key_turns order by n limit most for update skip locked) t
        group by app, key order by min(n)
    loop
        continue when not pg_try_advisory_xact_lock(
            hashtextextended(format('headrace key %s %s', turn.app, turn.key), 21));
        if headrace.admit_key(turn.app, turn.key) then
            delete from headrace.key_turns where n = any (turn.taken[2:]);
        else
            delete from headrace.key_turns where n = any (turn.taken);
        end if;
    end loop;
end
$$;

-- The claim of a job of a limited lane takes a permit, and counts as a start.
create function headrace.take_permit() returns trigger language plpgsql as $$
begin
    insert into headrace.job_permits (job_id, app, queue)
    select new.id, new.app, new.queue
    where exists (select from headrace.limits_of(new.app, new.queue))
    on conflict (job_id) do nothing;
    insert into headrace.job_rates as r (app, queue, source, ahead)
    select l.app, l.queue, l.source, clock_timestamp() + make_interval(secs => l.per_ms / 1000.0 / l.rate)
    from headrace.limits_of(new.app, new.queue) l where l.rate is not null
    on conflict (app, queue, source) do update
        set ahead = greatest(r.ahead, clock_timestamp()) + (excluded.ahead - clock_timestamp());
    return null;
end
$$;
create trigger permit_taken after update of worker_id on headrace.jobs_live
    for each row when (new.limited and old.worker_id is null and new.worker_id is not null)
    execute function headrace.take_permit();

-- The job is no worker's any more, or not claimable: its permits are free, and whoever waits for one hears of it.
create or replace function headrace.release_permit() returns trigger language plpgsql as $$
declare
    waited boolean;
    freed  text;
begin
    delete from headrace.job_permits where job_id = old.id;
    waited := found and exists (select from headrace.job_ready r where r.app = old.app);
    delete from headrace.key_permits where job_id = old.id returning key into freed;
    if freed is not null and exists (select from headrace.job_blocked b where b.app = old.app and b.key = freed) then
        insert into headrace.key_turns (app, key) values (old.app, freed);
        waited := true;
    end if;
    if tg_op = 'UPDATE' then
        update headrace.jobs_live set limited = false where id = old.id;
    end if;
    if waited then
        perform pg_notify('headrace_jobs', '');
    end if;
    return null;
end
$$;
drop trigger permit_left on headrace.jobs_live;
create trigger permit_left after update of worker_id, ready_at on headrace.jobs_live
    for each row when (old.limited and new.worker_id is null and (old.worker_id is not null or new.ready_at is null))
    execute function headrace.release_permit();

update headrace.jobs_live set limited = false where limited and worker_id is null;

-- As in migration 0008, with the keys: a parameter more is another function, so the old one goes.
drop function headrace.enqueue(text, text, jsonb, text, text, interval, integer, interval, boolean, text, text);
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
    perform pg_notify('headrace_jobs', case when delay_ms = 0 and concurrency_key is null then app || ' ' || queue else '' end);
    return job;
end
$$;
