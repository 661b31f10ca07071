-- What the HTTP API needs: tokens, lists of files, and logs that can be followed while they grow.

-- A token is 256 random bits that only its holder has; its SHA-256 is what is kept. There is nothing to guess,
-- so a slow hash would cost every request and protect nothing; the hash is unique, so it is the index too.
create table headrace.api_tokens (
    id           uuid        primary key,
    app          text        not null,
    user_id      text        not null,
    name         text        not null,
    sha256       bytea       not null unique check (length(sha256) = 32),
    scopes       text[]      not null check (scopes <@ array['read', 'run', 'manage', 'admin'] and scopes <> '{}'),
    created_at   timestamptz not null default clock_timestamp(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,    -- coarse: at most one write an hour and token
    foreign key (app, user_id) references headrace.users (app, id) on delete cascade
);
create index api_tokens_app on headrace.api_tokens (app, id);

create index files_app_id on headrace.files (app, id);
create index files_expiry on headrace.files (expires_at) where expires_at is not null;

-- Lines of one job are followed by n; with the time in front, every look would read the job's whole log.
-- Pages in the order of time sort one job's lines, of which a setting limits the number.
alter table headrace.job_logs drop constraint job_logs_pkey;
alter table headrace.job_logs add primary key (job_id, n);
