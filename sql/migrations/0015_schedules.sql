-- Schedules make jobs by the clock. There is no leader: every process that schedules takes due rows with skip locked.
-- A run's job, its row in schedule_runs and the next time are written in one transaction, so a run is neither lost nor
-- made twice, whatever dies; the primary key of schedule_runs holds that against any defect of ours.

create table headrace.schedules (
    id              uuid        primary key default headrace.uuid_v7(),
    app             text        not null references headrace.apps (name),
    tag             text        not null,
    origin          text        not null default 'caller' check (origin in ('caller', 'app')),  -- app: its app.toml declares it
    name            text        not null,
    event_type      text        not null check (event_type in
        ('ACTION', 'FUNCTION', 'NOTIFICATION', 'DATABASE_ACTION', 'MESSAGEBROKER', 'LISTENER')),
    event_tag       text        not null,
    params          jsonb       not null,
    query           jsonb       not null,
    options         jsonb       not null,
    cron            text,
    timezone        text        not null,
    interval_ms     bigint      check (interval_ms > 0),
    executions      integer     not null check (executions >= 0),           -- 0 is without end
    start_at        timestamptz,
    end_at          timestamptz,
    jitter_ms       integer     not null check (jitter_ms >= 0),
    missed          text        not null check (missed in ('skip', 'once', 'all')),
    missed_after_ms integer     not null check (missed_after_ms >= 0),
    overlap         text        not null check (overlap in ('allow', 'skip', 'wait')),
    paused          boolean     not null,
    run_by          text,
    executed        integer     not null default 0,
    anchor_at       timestamptz not null,                                   -- intervals count from here
    last_due_at     timestamptz,                                            -- no run at or before it is made any more
    next_at         timestamptz,                                            -- the next run; null when there is none
    look_at         timestamptz,                                            -- when a scheduler must look; null: never
    created_at      timestamptz not null default clock_timestamp(),
    updated_at      timestamptz not null default clock_timestamp(),
    unique (app, tag),
    check ((cron is null) <> (interval_ms is null))
) with (fillfactor = 70);

create index schedules_look on headrace.schedules (look_at) where look_at is not null;

-- What became of each run. 'missed' stands for all runs from due_at until until_at that nobody was there to make.
create table headrace.schedule_runs (
    schedule_id uuid        not null references headrace.schedules (id) on delete cascade,
    due_at      timestamptz not null,
    outcome     text        not null check (outcome in ('made', 'missed', 'overlapped', 'failed')),
    job_id      uuid,
    until_at    timestamptz,
    error       text,
    at          timestamptz not null default clock_timestamp(),
    primary key (schedule_id, due_at),
    check ((outcome = 'made') = (job_id is not null))
);

-- Whether a run's job still lives is asked of the last jobs only, however many runs were left out since.
create index schedule_runs_jobs on headrace.schedule_runs (schedule_id, due_at desc) where job_id is not null;
