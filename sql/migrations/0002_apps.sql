-- Apps are pushed in versions that never change: a job stays on the version with which it started.

create table headrace.apps (
    name       text        primary key,
    label      text        not null,
    version    integer     not null,
    created_at timestamptz not null default clock_timestamp()
);

create table headrace.app_versions (
    app       text        not null references headrace.apps (name),
    version   integer     not null,
    sha256    text        not null,     -- of everything pushed: an unchanged folder makes no new version
    manifest  jsonb       not null,
    pushed_at timestamptz not null default clock_timestamp(),
    pushed_by text,
    primary key (app, version)
);

create table headrace.app_scripts (
    app      text    not null,
    version  integer not null,
    path     text    not null,
    language text    not null check (language in ('javascript', 'python')),
    source   text    not null,
    primary key (app, version, path),
    foreign key (app, version) references headrace.app_versions (app, version)
);

create table headrace.users (
    app   text not null references headrace.apps (name),
    id    text not null,
    name  text not null,
    email text,
    primary key (app, id)
);

create table headrace.records (
    app        text        not null,
    entity     text        not null,
    id         uuid        not null,
    version    integer     not null default 1,
    data       jsonb       not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (app, entity, id)
);
create index records_data on headrace.records using gin (data jsonb_path_ops);

-- One row a value of a field that its entity declares unique: the primary key is the promise.
-- Keys are written before the record that owns them (a refused key must not leave a record), hence deferred.
create table headrace.record_keys (
    app       text not null,
    entity    text not null,
    field     text not null,
    value     text not null,
    record_id uuid not null,
    primary key (app, entity, field, value),
    foreign key (app, entity, record_id) references headrace.records (app, entity, id)
        on delete cascade deferrable initially deferred
);
create index record_keys_record on headrace.record_keys (app, entity, record_id);

-- A file whose sha256 is still empty is being written; nobody finds it yet.
create table headrace.files (
    id           uuid        primary key,
    app          text        not null references headrace.apps (name),
    name         text        not null,
    content_type text        not null,
    size         bigint      not null,
    sha256       text        not null,
    created_at   timestamptz not null default clock_timestamp(),
    expires_at   timestamptz
);
create index files_app on headrace.files (app, name, id);

-- 256 KiB a chunk: a file streams in and out without ever being whole in memory.
create table headrace.file_chunks (
    file_id uuid    not null references headrace.files (id) on delete cascade,
    n       integer not null,
    bytes   bytea   not null,
    primary key (file_id, n)
);
alter table headrace.file_chunks alter column bytes set storage external;
