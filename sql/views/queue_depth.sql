-- What is not over, now. `waiting` could start at once, `delayed` waits for a time (a delay, a retry, a manual start),
-- `parked` has begun and waits for other jobs. Counts every live job: for people, not for a scrape every few seconds.
create or replace view headrace_views.queue_depth with (security_invoker = true) as
select
    app, queue, case when low_priority then 'low' else 'normal' end as priority,
    count(*) filter (where status = 'PENDING' and ready_at <= now()) as waiting,
    count(*) filter (where status = 'PENDING' and (ready_at > now() or ready_at is null)) as delayed,
    count(*) filter (where status = 'RUNNING' and worker_id is null) as parked,
    count(*) filter (where status in ('RUNNING', 'STOPPING', 'CANCELING') and worker_id is not null) as running,
    count(*) filter (where status = 'STOPPED') as stopped,
    extract(epoch from now() - min(ready_at) filter (where status = 'PENDING' and ready_at <= now())) as oldest_s
from headrace.jobs
where not archived
group by app, queue, low_priority;
comment on view headrace_views.queue_depth is 'What is not over, an app, queue and priority.';
