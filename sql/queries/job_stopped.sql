-- The script of a stopping job is gone. $3: it threw before it could be stopped, which counts as any failure.
update headrace.jobs_live
set status = 'STOPPED', ended_at = clock_timestamp(), worker_id = null, ready_at = null,
    failures = failures + $3::boolean::integer
where id = $1 and attempt = $2 and status = 'STOPPING' and worker_id is not null
returning id, awaited
