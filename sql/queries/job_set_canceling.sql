-- Asks workers to kill what they run.
update headrace.jobs_live
set status = 'CANCELING'
where id = any ($1::uuid[]) and status in ('RUNNING', 'STOPPING') and worker_id is not null
returning id
