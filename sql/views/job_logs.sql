-- The lines that jobs logged. Within a job, n is their order.
create or replace view headrace_views.job_logs with (security_invoker = true) as
select l.job_id, j.app, j.type, j.name, l.at, l.n, l.level, l.message, l.additional_info
from headrace.job_logs l join headrace.jobs j on j.id = l.job_id;
comment on view headrace_views.job_logs is 'One row a line of a job''s log.';
