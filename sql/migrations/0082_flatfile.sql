-- What the doors of Flatfile's words keep beside the jobs of handlers (seeds 001 and 002). The jobs themselves are rows of
-- headrace.jobs like all others; nothing here decides whether one may run.

-- config: what the job was made with, in that vendor's words. phase: what a PENDING job is there, if it is not ready by itself.
-- told_status, told_attempts: what the feed of events has told last, and how many attempts it has announced as ready.
create table headrace.flatfile_jobs (
    job_id                  uuid        primary key,
    app                     text        not null,
    config                  jsonb       not null,
    phase                   text        not null default 'ready'
        check (phase in ('created', 'planning', 'scheduled', 'waiting', 'ready')),
    info                    text,
    plan                    jsonb,
    estimated_completion_at timestamptz,
    acknowledged_at         timestamptz,
    updated_at              timestamptz not null default clock_timestamp(),
    deleted                 boolean     not null default false,
    told_status             text,
    told_attempts           integer     not null default 0,
    settled                 boolean     not null default false
);
create index flatfile_jobs_app on headrace.flatfile_jobs (app, job_id) where not deleted;
create index flatfile_jobs_open on headrace.flatfile_jobs (app, job_id) where not settled;
create index flatfile_jobs_parent on headrace.flatfile_jobs ((config->>'parentId')) where config ? 'parentId';

-- The feed. Whoever writes holds the app's advisory lock until it commits, so that within an app the numbers become
-- visible in their order: a reader that has seen one has seen all before it.
create table headrace.flatfile_events (
    n       bigint generated always as identity primary key,
    app     text        not null,
    at      timestamptz not null default clock_timestamp(),
    topic   text        not null,
    job_id  uuid        not null,
    attempt integer     not null,
    context jsonb       not null,
    payload jsonb       not null
);
create index flatfile_events_app on headrace.flatfile_events (app, n);
create index flatfile_events_at on headrace.flatfile_events (at);

-- A worker that is far away, over HTTP. It has its row in headrace.workers, and with it a lease like any other.
-- jobs: the handlers that a listener has; null for the lease of one job that somebody acknowledged by its bare id.
create table headrace.flatfile_leases (
    worker_id uuid primary key references headrace.workers (id) on delete cascade,
    app       text not null,
    jobs      text[]
);
