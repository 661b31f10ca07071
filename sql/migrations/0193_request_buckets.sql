-- What each app has left of the requests that the doors of /freshworks allow in a minute, for all API processes
-- together. `granted` is what the last question got. Unlogged: after a crash every app begins with a full bucket.
create unlogged table headrace.request_buckets (
    app text primary key,
    level double precision not null check (level >= 0),
    granted integer not null,
    at timestamptz not null
) with (fillfactor = 50);
