-- Every job, running or over. waiting_ms is the time until its first start, running_ms from there to its end (waits for
-- other jobs included); both are null as long as that has not happened.
create or replace view headrace_views.job_history with (security_invoker = true) as
select
    j.id, j.app, j.queue, j.type, j.name, p.label, j.status, j.has_errors, j.low_priority,
    j.attempt as attempts, j.failures, j.rescues, j.max_attempts, j.app_version,
    j.parent_id, j.root_id, j.run_by, j.unique_key, j.worker_id,
    j.created_at, j.ready_at, j.started_at, j.ended_at,
    extract(epoch from j.started_at - j.created_at) * 1000 as waiting_ms,
    extract(epoch from j.ended_at - j.started_at) * 1000 as running_ms
from headrace.jobs j left join headrace.job_params p on p.job_id = j.id;
comment on view headrace_views.job_history is 'One row a job, running or over.';
