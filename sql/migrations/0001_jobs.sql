-- The queue and the history are one logical table: `jobs`, split by list into the small hot
-- `jobs_live` and the append-only `jobs_history`, a partition a month.
--
-- The rules that every statement of the engine keeps:
--   1. A job is claimable exactly when ready_at is not null and ready_at <= now().
--      Delay, retry, parking and waking all move this one column; null means "not by itself".
--   2. `attempt` is the fencing token: each claim adds one, and every write on behalf of a claim
--      names (id, attempt, status). No row back means that the claim is lost.
--   3. A job that ends moves by delete … returning from jobs_live and insert into jobs_history,
--      never by an update across partitions, which makes concurrent claimers fail with 40001.
--   4. Locks are taken in the order of job ids, awaited job before the wake of its waiters.

create schema if not exists headrace;

-- UUIDv7 (RFC 9562, method 3): 48 bits of milliseconds, 12 bits of the fraction, the rest random,
-- so ids order by creation also within a millisecond. PostgreSQL brings its own only from 18 on.
create function headrace.uuid_v7(at timestamptz default clock_timestamp()) returns uuid
language sql volatile parallel safe as $$
    select encode(
        overlay(
            overlay(
                uuid_send(gen_random_uuid())
                placing substring(int8send(floor(extract(epoch from at) * 1000)::bigint) from 3) from 1 for 6
            )
            placing substring(
                int8send((x'7000'::int + floor(mod(extract(epoch from at) * 1000000, 1000) * 4.096)::int)::bigint) from 7
            ) from 7 for 2
        ), 'hex')::uuid
$$;

-- The smallest id that a job created at this time can have: bounds of partitions and of time filters.
create function headrace.uuid_floor(at timestamptz) returns uuid
language sql immutable parallel safe as $$
    select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

create table headrace.jobs (
    id            uuid        not null,
    archived      boolean     not null,
    app           text        not null,
    queue         text        not null default 'default',
    type          text        not null,
    name          text        not null,
    status        text        not null,
    low_priority  boolean     not null default false,
    has_errors    boolean     not null default false,
    awaited       boolean     not null default false,   -- some job waits for this one: its ends must wake it
    attempt       integer     not null default 0,
    failures      smallint    not null default 0,       -- attempts that threw
    rescues       smallint    not null default 0,       -- attempts whose worker died
    max_attempts  smallint    not null default 1,
    timeout_ms    integer,
    app_version   integer,
    worker_id     uuid,
    parent_id     uuid,
    root_id       uuid        not null,
    run_by        text,
    unique_key    text,
    created_at    timestamptz not null,
    ready_at      timestamptz,
    started_at    timestamptz,
    ended_at      timestamptz,
    constraint jobs_status check (status in
        ('PENDING', 'RUNNING', 'STOPPING', 'STOPPED', 'CANCELING', 'CANCELED', 'FINISHED'))
) partition by list (archived);

-- Room in each page lets the updates of progress flags stay in it; the thresholds make autovacuum
-- follow the churn by absolute numbers, not by shares of a table that is nearly empty between bursts.
create table headrace.jobs_live partition of headrace.jobs (
    primary key (id)
) for values in (false) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.0, autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);

create index jobs_live_ready on headrace.jobs_live (app, low_priority, ready_at) where ready_at is not null;
create unique index jobs_live_unique_key on headrace.jobs_live (app, unique_key) where unique_key is not null;
-- Only jobs with a parent: a root's own tree is found by its id, and most jobs are roots.
create index jobs_live_root on headrace.jobs_live (root_id) where parent_id is not null;
create index jobs_live_app on headrace.jobs_live (app, id);

create table headrace.jobs_history partition of headrace.jobs (
    primary key (id)
) for values in (true) partition by range (id);

create index jobs_history_app on headrace.jobs_history (app, id);
create index jobs_history_errors on headrace.jobs_history (app, id) where has_errors;
create index jobs_history_parent on headrace.jobs_history (parent_id) where parent_id is not null;

-- What is not needed to claim lives beside the hot row, keyed by the job's id, written once or
-- appended, never moved; the same monthly ranges let retention drop everything of a month.
create table headrace.job_params (
    job_id uuid  primary key,
    label  text  not null,
    spec   jsonb not null
) partition by range (job_id);

create table headrace.job_results (
    job_id  uuid primary key,
    results jsonb,
    error   jsonb
) partition by range (job_id);

create table headrace.job_progress (
    job_id         uuid primary key,
    progress       smallint not null default 0 check (progress between 0 and 100),
    status_message text,
    checkpoint     jsonb
) partition by range (job_id);

create sequence headrace.job_logs_n;
create table headrace.job_logs (
    job_id          uuid        not null,
    at              timestamptz not null,
    n               bigint      not null default nextval('headrace.job_logs_n'),
    level           text        not null check (level in ('INFO', 'ERROR')),
    message         text        not null,
    additional_info jsonb,
    primary key (job_id, at, n)
) partition by range (job_id);

-- One row a call of a script: the reply that a later attempt is given again. An open row is a wait
-- that has begun: its reply holds what the job waits for, and until when.
create table headrace.job_journal (
    job_id    uuid    not null,
    step      integer not null,
    seq       integer not null,
    method    text    not null,
    args_hash text    not null,
    at_ms     bigint  not null,
    failed    boolean not null default false,
    open      boolean not null default false,
    reply     jsonb,
    attempt   integer not null,
    primary key (job_id, step, seq)
) partition by range (job_id);

-- created, started and finished can be read off the job; the other changes leave a row here.
create table headrace.job_changes (
    job_id  uuid        not null,
    at      timestamptz not null default clock_timestamp(),
    event   text        not null check (event in
        ('stopping', 'stopped', 'resumed', 'canceling', 'canceled', 'retried', 'rescued', 'handed over', 'lost')),
    attempt integer     not null,
    detail  text
) partition by range (job_id);
create index job_changes_job on headrace.job_changes (job_id);

-- A parked job: woken when every row is gone, or at its own ready_at, whichever is first.
create table headrace.job_waits (
    awaited_id uuid   not null,
    waiter_id  uuid   not null,
    statuses   text[] not null,
    primary key (awaited_id, waiter_id)
);
create index job_waits_waiter on headrace.job_waits (waiter_id);

-- Leases belong to workers: one heartbeat is one write, however many jobs a worker runs.
-- The id is fresh for each process; a name that is used again can never hide a dead worker.
create table headrace.workers (
    id           uuid        primary key,
    name         text        not null,
    version      text        not null,
    slots        integer     not null,
    used         integer     not null default 0,
    draining     boolean     not null default false,
    started_at   timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- Monthly partitions of everything that is keyed by a job's id, for the month of `at` and `ahead` more.
-- The default partitions catch jobs that outlive the retention of their own month.
create function headrace.ensure_partitions(at timestamptz default now(), ahead integer default 2) returns integer
language plpgsql as $$
declare
    parent text;
    month  timestamptz;
    child  text;
    made   integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('headrace.ensure_partitions'));
    for i in 0..ahead loop
        month := date_trunc('month', at at time zone 'UTC') at time zone 'UTC' + make_interval(months => i);
        foreach parent in array array['jobs_history', 'job_params', 'job_results', 'job_progress',
                                      'job_logs', 'job_journal', 'job_changes'] loop
            child := parent || to_char(month at time zone 'UTC', '_YYYY_MM');
            if to_regclass('headrace.' || child) is null then
                execute format('create table headrace.%I partition of headrace.%I for values from (%L) to (%L)',
                    child, parent, headrace.uuid_floor(month),
                    headrace.uuid_floor((date_trunc('month', month at time zone 'UTC') + interval '1 month') at time zone 'UTC'));
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end
$$;

create table headrace.jobs_history_default partition of headrace.jobs_history default;
create table headrace.job_params_default partition of headrace.job_params default;
create table headrace.job_results_default partition of headrace.job_results default;
create table headrace.job_progress_default partition of headrace.job_progress default;
create table headrace.job_logs_default partition of headrace.job_logs default;
create table headrace.job_journal_default partition of headrace.job_journal default;
create table headrace.job_changes_default partition of headrace.job_changes default;

select headrace.ensure_partitions();
