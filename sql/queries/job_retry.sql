-- An attempt threw and tries are left: back to the queue after a backoff of $3 ms.
update headrace.jobs_live
set status = 'PENDING', worker_id = null, failures = failures + 1,
    ready_at = clock_timestamp() + make_interval(secs => $3 / 1000.0)
where id = $1 and attempt = $2 and status = 'RUNNING' and worker_id is not null
returning id, awaited
