-- Locks on records that jobs hold, and the line of those that wait for them: one row a job and record.
-- Only a parked job waits. Whoever hands a lock on does it under the record's advisory lock, so two cannot; the
-- index is the proof. Rows go when the job ends: it is marked as awaited as long as it has any.
create table headrace.record_locks (
    job_id     uuid    not null,
    app        text    not null,
    entity     text    not null,
    record_id  uuid    not null,
    n          bigint  not null generated always as identity,    -- the place in the line
    granted    boolean not null,
    deadlocked boolean not null default false,
    primary key (job_id, app, entity, record_id)
);
create unique index record_locks_holder on headrace.record_locks (app, entity, record_id) where granted;
create index record_locks_line on headrace.record_locks (app, entity, record_id, n) where not granted;
