-- The workers as their last heartbeats left them, and what they hold now. A role that is bound to an app sees none.
create or replace view headrace_views.worker_activity with (security_invoker = true) as
select
    w.id, w.name, w.version, w.slots, w.used, w.draining, w.started_at, w.heartbeat_at,
    extract(epoch from now() - w.heartbeat_at) as heartbeat_age_s,
    coalesce(held.jobs, 0) as jobs,
    held.oldest_started_at
from headrace.workers w
left join (
    select worker_id, count(*) as jobs, min(started_at) as oldest_started_at
    from headrace.jobs where not archived and worker_id is not null group by worker_id
) held on held.worker_id = w.id;
comment on view headrace_views.worker_activity is 'One row a worker.';
