-- What watchers of these jobs are shown to change.
select j.id, j.status, j.attempt, j.has_errors, j.low_priority, g.status_message,
    case when j.status = 'FINISHED' then 100 else coalesce(g.progress, 0) end as progress
from headrace.jobs j
left join headrace.job_progress g on g.job_id = j.id
where j.id = any ($1::uuid[])
