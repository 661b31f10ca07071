-- Asks workers to stop what they run.
update headrace.jobs_live
set status = 'STOPPING'
where id = any ($1::uuid[]) and status = 'RUNNING' and worker_id is not null
returning id
