-- How long jobs waited and ran, of those that are over and were started. One row a job and not percentiles: those of
-- an hour cannot be put together to those of a day.
create or replace view headrace_views.job_durations with (security_invoker = true) as
select
    id, app, queue, type, name, low_priority, status, has_errors, created_at, started_at, ended_at,
    extract(epoch from started_at - created_at) * 1000 as waiting_ms,
    extract(epoch from ended_at - started_at) * 1000 as running_ms,
    extract(epoch from ended_at - created_at) * 1000 as total_ms
from headrace.jobs
where archived and started_at is not null;
comment on view headrace_views.job_durations is 'One row a job that is over, with its times in ms.';
