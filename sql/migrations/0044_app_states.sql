-- Apps that are stopped, or asleep: none of their jobs starts until START_APP.
--
-- A stopped app is one whose limit is 0 (migration 0011): a row in job_limits of the source `stop`. So claims pay for
-- nothing new, and leave its lanes alone from the commit of that row on. What waits in these lanes is set aside by the
-- workers, now and then, so that a look need not walk over it, and a leaf of job_ready that only a stopped app still has
-- entries in becomes empty. Where it is set aside no order is lost: START_APP lists it again, by priority and rank.
--
-- Its running jobs are handed back by their workers, which see in app_stops that they should: they are PENDING, in their
-- old place, with their journal. So there is nothing that a start would have to remember or to undo.
--
-- Jobs of the queue `app:control` are out of it: START_APP itself and its like have to run in a stopped app. No caller can
-- name that queue. Other limits do not hold for them either: a full app must be stoppable.
create table headrace.app_stops (
    app        text        primary key references headrace.apps (name),
    sleeping   boolean     not null,        -- a call to one of its endpoints wakes it
    stopped_at timestamptz not null default clock_timestamp(),
    stop_job   uuid        not null,        -- the STOP_APP by which it is stopped
    wake_job   uuid                         -- the START_APP of the call that wakes it
);

create table headrace.job_aside (
    app      text        not null,
    queue    text        not null,
    priority smallint    not null,
    rank     timestamptz not null,
    job_id   uuid        not null
);
create index job_aside_app on headrace.job_aside (app);

alter table headrace.job_limits drop constraint job_limits_source_check;
alter table headrace.job_limits add constraint job_limits_source_check
    check (source in ('operator', 'app', 'admin', 'stop'));

create or replace function headrace.limits_of(of_app text, of_queue text)
returns table (app text, queue text, source text, concurrency integer, rate integer, per_ms bigint)
language sql stable as $$
    select of_app, l.queue, l.source, l.concurrency, l.rate, l.per_ms
    from headrace.job_limits l
    where of_queue <> 'app:control' and l.queue in ('', of_queue) and (l.app = of_app or (l.app = '*' and not exists (
        select from headrace.job_limits own
        where own.app = of_app and own.queue = l.queue and own.source = 'operator')))
    order by l.queue, l.source
$$;
