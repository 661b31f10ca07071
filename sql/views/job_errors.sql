-- Jobs with errors that are over, with the error that ended each; where none did, the last ERROR line of its log.
create or replace view headrace_views.job_errors with (security_invoker = true) as
select
    j.id, j.app, j.queue, j.type, j.name, j.status, j.attempt as attempts, j.failures, j.run_by, j.root_id,
    j.created_at, j.ended_at,
    r.error ->> 'code' as code,
    coalesce(r.error ->> 'message', l.message) as message,
    r.error ->> 'path' as path,
    (r.error ->> 'line')::integer as line
from headrace.jobs j
left join headrace.job_results r on r.job_id = j.id
left join lateral (
    select message from headrace.job_logs where job_id = j.id and level = 'ERROR' order by n desc limit 1
) l on true
where j.archived and j.has_errors;
comment on view headrace_views.job_errors is 'One row a job that ended with errors.';
