-- How many jobs of an app, or of one of its queues, run at once, and how many start in a time.
--
-- There is no counter: each running job of a limited lane (an app and a queue) has a row in job_permits, which its claim
-- inserts and a trigger takes back in the statement in which the job stops being its worker's: when it ends, parks, is
-- tried again, handed back, stopped, or rescued from a worker that died. So a permit cannot leak, whatever happens to a
-- worker. Claims of one limit take turns by an advisory lock that they try and never wait for, so what they count stays
-- true until they commit, and no row is updated by all of them. Lanes without a limit pay for one look into job_limits a claim.

-- app '*': each app by itself, where the operator set it nothing of its own. queue '': all queues of the app together.
-- source: `operator` (command line, HTTP) or `app` (its app.toml). Every limit that fits a job holds: the lowest counts.
create table headrace.job_limits (
    app         text    not null,
    queue       text    not null default '',
    source      text    not null check (source in ('operator', 'app')),
    concurrency integer check (concurrency >= 0),
    rate        integer check (rate > 0),       -- jobs that start in per_ms: a token bucket that holds so many
    per_ms      bigint  check (per_ms > 0),
    primary key (app, queue, source),
    check (concurrency is not null or rate is not null),
    check ((rate is null) = (per_ms is null))
);

create table headrace.job_permits (
    job_id uuid primary key,
    app    text not null,
    queue  text not null
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index job_permits_lane on headrace.job_permits (app, queue);

-- Token buckets as a clock (GCRA): how far ahead of the time the starts are, written once a claim.
create table headrace.job_rates (
    app    text        not null,
    queue  text        not null,
    source text        not null,
    ahead  timestamptz not null,
    primary key (app, queue, source)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);

-- Set by the claim that takes a permit, and never unset: what triggers look at before they do anything.
alter table headrace.jobs add column limited boolean not null default false;

-- The limits that hold for a lane.
create function headrace.limits_of(of_app text, of_queue text)
returns table (app text, queue text, source text, concurrency integer, rate integer, per_ms bigint)
language sql stable as $$
    select of_app, l.queue, l.source, l.concurrency, l.rate, l.per_ms
    from headrace.job_limits l
    where l.queue in ('', of_queue) and (l.app = of_app or (l.app = '*' and not exists (
        select from headrace.job_limits own
        where own.app = of_app and own.queue = l.queue and own.source = 'operator')))
    order by l.queue, l.source
$$;

-- How many of `most` jobs of a lane may start now. For a claim (`taking`) it holds the lane's limits until the
-- transaction ends; -1 means that somebody else holds one of them.
-- Volatile: each statement in it has a snapshot of its own, taken after the lock, and so sees every permit of the claims before.
create function headrace.lane_room(of_app text, of_queue text, most integer, taking boolean) returns integer
language plpgsql volatile as $$
declare
    one  record;
    room integer := most;
    held integer;
begin
    for one in select * from headrace.limits_of(of_app, of_queue) loop
        if taking and not pg_try_advisory_xact_lock(hashtextextended(format('headrace %s %s', of_app, one.queue), 11)) then
            return -1;
        end if;
        if one.concurrency is not null then
            if one.queue = '' then
                select count(*) into held from (
                    select from headrace.job_permits p where p.app = of_app limit one.concurrency) p;
            else
                select count(*) into held from (
                    select from headrace.job_permits p where p.app = of_app and p.queue = of_queue
                    limit one.concurrency) p;
            end if;
            room := least(room, one.concurrency - held);
        end if;
        if one.rate is not null then
            select least(room, floor((one.per_ms - greatest(extract(epoch from r.ahead - clock_timestamp()) * 1000, 0))
                * one.rate / one.per_ms)) into room
            from (select) always left join headrace.job_rates r
                on r.app = of_app and r.queue = one.queue and r.source = one.source;
        end if;
    end loop;
    return greatest(room, 0);
end
$$;

-- In how many ms a lane's rates let the next job start; null if they do now.
create function headrace.lane_wait_ms(of_app text, of_queue text) returns float8
language sql stable as $$
    select max(wait_ms)::float8 from (
        select extract(epoch from r.ahead - clock_timestamp()) * 1000 - l.per_ms + l.per_ms::numeric / l.rate as wait_ms
        from headrace.limits_of(of_app, of_queue) l
        join headrace.job_rates r on r.app = l.app and r.queue = l.queue and r.source = l.source
        where l.rate is not null
    ) waits where wait_ms > 0
$$;

-- The job is no worker's any more: its permit is free, and whoever waits for one hears of it.
create function headrace.release_permit() returns trigger language plpgsql as $$
begin
    delete from headrace.job_permits where job_id = old.id;
    if found and exists (select from headrace.job_ready r where r.app = old.app) then
        perform pg_notify('headrace_jobs', '');
    end if;
    return null;
end
$$;
-- The hot path pays for no more than the conditions.
create trigger permit_left after update of worker_id on headrace.jobs_live
    for each row when (old.limited and old.worker_id is not null and new.worker_id is null)
    execute function headrace.release_permit();
create trigger permit_ended after delete on headrace.jobs_live
    for each row when (old.limited) execute function headrace.release_permit();
