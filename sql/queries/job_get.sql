-- A job of app $2, live or ended.
select
    j.id, j.app, j.queue, j.type, j.name, j.status, j.low_priority, j.attempt, j.failures, j.max_attempts, j.timeout_ms,
    j.has_errors, j.app_version, j.parent_id, j.root_id, j.run_by, j.unique_key,
    j.created_at, j.started_at, j.ended_at, j.ready_at,
    p.label, p.spec, u.name as run_by_name, g.status_message,
    case when j.status = 'FINISHED' then 100 else coalesce(g.progress, 0) end as progress
from headrace.jobs j
left join headrace.job_params p on p.job_id = j.id
left join headrace.job_progress g on g.job_id = j.id
left join headrace.users u on u.app = j.app and u.id = j.run_by
where j.id = $1 and j.app = $2
