-- As job_fence.sql, without the lock: for whoever locks the row before it commits.
select status from headrace.jobs_live
where id = $1 and attempt = $2 and worker_id is not null
