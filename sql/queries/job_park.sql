-- The job waits: no worker holds it, and it becomes claimable at its deadline or when it is woken.
update headrace.jobs_live
set worker_id = null, ready_at = $3
where id = $1 and attempt = $2 and status = 'RUNNING' and worker_id is not null
returning id
