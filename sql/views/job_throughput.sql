-- Jobs that ended, by the hour of their end: of those created in the last 31 days, so that it never reads all history.
create or replace view headrace_views.job_throughput with (security_invoker = true) as
select
    date_trunc('hour', ended_at) as hour, app, queue, type,
    count(*) as jobs,
    count(*) filter (where has_errors) as with_errors,
    count(*) filter (where status = 'CANCELED') as canceled,
    sum(failures) as failed_attempts,
    sum(rescues) as rescues,
    avg(extract(epoch from started_at - created_at)) * 1000 as avg_waiting_ms,
    avg(extract(epoch from ended_at - started_at)) * 1000 as avg_running_ms
from headrace.jobs
where archived and id >= headrace.uuid_floor(now() - interval '31 days')
group by 1, 2, 3, 4;
comment on view headrace_views.job_throughput is 'Jobs that ended, an hour, app, queue and type; the last 31 days.';
