-- Every job of a tree of app $2, oldest first: for printing it.
with recursive tree as (
    select id from headrace.jobs where id = $1 and app = $2
    union
    select j.id from headrace.jobs j join tree t on j.parent_id = t.id
)
select
    j.id, j.app, j.queue, j.type, j.name, j.status, j.low_priority, j.attempt, j.failures, j.max_attempts, j.timeout_ms,
    j.has_errors, j.app_version, j.parent_id, j.root_id, j.run_by, j.unique_key,
    j.created_at, j.started_at, j.ended_at, j.ready_at,
    p.label, p.spec, u.name as run_by_name, g.status_message,
    case when j.status = 'FINISHED' then 100 else coalesce(g.progress, 0) end as progress
from tree t
join headrace.jobs j on j.id = t.id
left join headrace.job_params p on p.job_id = j.id
left join headrace.job_progress g on g.job_id = j.id
left join headrace.users u on u.app = j.app and u.id = j.run_by
order by j.id
