-- Events and the listeners that hear them.
--
--   1. An event is written by the statement that is its cause, one row for each listener that hears it: what is rolled
--      back was never told, and an app without a listener for it writes nothing.
--   2. Its delivery deletes the row and creates the listener's job in one transaction: neither lost nor doubled.
--   3. Events of one lane (a listener and a record, or a job) are delivered in the order of their ids, the next one when
--      the job of the one before has ended. The ids of a lane are in order because whoever writes one holds the lock on
--      the record; that one job of a lane lives at a time is a unique key of jobs_live.

-- What the pushed version of each app declares; schedules are another matter (migration 0015).
create table headrace.listeners (
    app      text   not null references headrace.apps (name),
    name     text   not null,
    kind     text   not null check (kind in ('job', 'data', 'custom')),
    subject  text   not null,   -- the entity, the name of the custom event, or the type of the jobs; '' is any type
    job_name text,              -- only jobs of this name
    events   text[] not null,   -- of records created, updated, deleted; of jobs finished, failed, canceled
    primary key (app, name)
);
create index listeners_kind on headrace.listeners (kind, app, subject);

create table headrace.events (
    id       bigint      generated always as identity primary key,
    app      text        not null,
    listener text        not null,
    lane     text        not null,
    depth    integer     not null,
    run_by   text,
    body     jsonb       not null,
    at       timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create unique index events_lane on headrace.events (app, lane, id);

-- Makes the app's listeners those of its current version.
create function headrace.declare_listeners(of_app text) returns void
language sql as $$
    delete from headrace.listeners where app = of_app;
    insert into headrace.listeners (app, name, kind, subject, job_name, events)
    select
        of_app, l ->> 'name', l ->> 'on',
        coalesce(case l ->> 'on' when 'job' then l ->> 'job_type' when 'data' then l ->> 'entity' else l ->> 'event' end, ''),
        l ->> 'job_name',
        case l ->> 'on'
            when 'job' then coalesce(array[nullif(l ->> 'job_event', '')], '{}')
            else array(select jsonb_array_elements_text(coalesce(l -> 'events', '[]'))) end
    from headrace.apps a
    join headrace.app_versions v on v.app = a.name and v.version = a.version
    cross join jsonb_array_elements(coalesce(v.manifest -> 'listeners', '[]')) l
    where a.name = of_app and l ->> 'on' in ('job', 'data', 'custom');
    -- None named is all of them; of the ends of a job each is told once.
    update headrace.listeners
    set events = case kind when 'job' then '{finished,canceled}' else '{created,updated,deleted}'::text[] end
    where app = of_app and (events = '{}' or events[1] is null);
$$;

select headrace.declare_listeners(name) from headrace.apps;

-- A chain of events that is longer than this is taken for one without end.
create function headrace.deepest_event() returns integer language sql immutable as $$ select 16 $$;

-- How deep in a chain an event lies: one deeper than the listener's job that began the tree in which it happened.
create function headrace.event_depth(root uuid) returns integer
language sql stable as $$
    select 1 + coalesce((
        select case when jsonb_typeof(spec -> 'eventDepth') = 'number' then (spec ->> 'eventDepth')::integer end
        from headrace.job_params where job_id = root), 0)
$$;

-- The app's listeners that hear of a change of a record (or of a custom event, which has no kinds of change).
-- The one event that is too deep is still told: its job says so. What that would set off is not.
create function headrace.hearers(of_app text, of_kind text, of_subject text, event text, root uuid)
returns table (listener text, depth integer)
language sql stable as $$
    select l.name, headrace.event_depth(root)
    from headrace.listeners l
    where l.kind = of_kind and l.app = of_app and l.subject = of_subject and (event is null or event = any (l.events))
        and headrace.event_depth(root) <= headrace.deepest_event() + 1
$$;

-- Wakes those who deliver; equal notifications of a transaction are one.
create function headrace.event_written() returns trigger
language plpgsql as $$
begin
    perform pg_notify('headrace_events', '');
    return null;
end
$$;
create trigger event_written after insert on headrace.events for each row execute function headrace.event_written();
