-- A running job waits for its parts: no worker holds it, and nobody claims it.
update headrace.jobs_live set worker_id = null, ready_at = null
where id = $1 and attempt = $2 and status = 'RUNNING' and worker_id is not null returning id
