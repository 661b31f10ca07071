-- A page of jobs, newest created first: $22 of them behind the first $23. What $1 to $21 are says headrace.first_jobs.
-- The sub-selects hide what PostgreSQL could plan for: it makes one plan for all pages, and keeps it.
with page as (
    select distinct id from headrace.first_jobs(
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) as first (id)
    order by id desc limit (select $22::bigint) offset (select $23::bigint)
)
select
    j.id, j.app, j.queue, j.type, j.name, j.status, j.low_priority, j.attempt, j.failures, j.max_attempts, j.timeout_ms,
    j.has_errors, j.app_version, j.parent_id, j.root_id, j.run_by, j.unique_key,
    j.created_at, j.started_at, j.ended_at, j.ready_at,
    p.label, p.spec, u.name as run_by_name, g.status_message,
    case when j.status = 'FINISHED' then 100 else coalesce(g.progress, 0) end as progress
from page
-- A limit on the one row with the id keeps PostgreSQL from reading all jobs to join them with the page.
cross join lateral (select * from headrace.jobs where id = page.id limit 1) j
left join headrace.job_params p on p.job_id = page.id
left join headrace.job_progress g on g.job_id = page.id
left join headrace.users u on u.app = j.app and u.id = j.run_by
order by page.id desc
