-- First pages of any filters together, of a history of any length (docs/decisions.md, "a page of jobs is merged").
--
-- A job of the history is ordinary or notable. Most are ordinary: handlers' jobs that went well. They pay for none of the
-- indexes that find notable ones; both kinds are in `jobs_history_app`, each by itself, so that either is found among
-- however many of the other.
create function headrace.is_ordinary(type text, status text, has_errors boolean) returns boolean
language sql immutable parallel safe as $$ select type = 'HANDLER' and status = 'FINISHED' and not has_errors $$;

-- The opposite, in the form in which PostgreSQL finds it in a condition of an index: `not (a and b)` is rewritten.
create function headrace.is_notable(type text, status text, has_errors boolean) returns boolean
language sql immutable parallel safe as $$ select type <> 'HANDLER' or status <> 'FINISHED' or has_errors $$;

-- How long a job took from its creation to its end: 0 to a minute, 1 to an hour, 2 to a day, 3 to 30 days, 4 longer; -1 if it
-- started or ended before it was created, by more than a second: the clocks of those who tell the times disagree.
create function headrace.job_pace(created_at timestamptz, started_at timestamptz, ended_at timestamptz) returns smallint
language sql immutable parallel safe as $$
    select (case
        -- The first half for speed alone: to subtract times takes ten times as long as to compare them.
        when least(started_at, ended_at) < created_at and created_at - least(started_at, ended_at) > interval '1 second' then -1
        when ended_at - created_at <= interval '1 minute' then 0
        when ended_at - created_at <= interval '1 hour' then 1
        when ended_at - created_at <= interval '1 day' then 2
        when ended_at - created_at <= interval '30 days' then 3
        when ended_at is not null then 4
        else 0
    end)::smallint
$$;

drop index headrace.jobs_history_type, headrace.jobs_history_canceled, headrace.jobs_history_error_types,
    headrace.jobs_history_long, headrace.jobs_history_app;

create index jobs_history_app on headrace.jobs_history (app, (headrace.is_ordinary(type, status, has_errors)), id);

-- The id stands in both as bytes, whose order is the same: only by these indexes is anything in that order, so whoever asks
-- for it gets no plan that reads the history by its key, whatever the statistics say of the columns before.
create index jobs_history_cells on headrace.jobs_history (app, type, status, has_errors, uuid_send(id))
    where headrace.is_notable(type, status, has_errors);
create index jobs_history_pace on headrace.jobs_history (app, (headrace.job_pace(created_at, started_at, ended_at)), uuid_send(id))
    where headrace.job_pace(created_at, started_at, ended_at) <> 0;

analyze headrace.jobs_history;
