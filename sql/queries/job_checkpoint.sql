-- How far the executor of a job is.
select checkpoint from headrace.job_progress where job_id = $1
