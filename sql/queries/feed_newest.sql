-- The numbers of the job's newest lines, newest first.
select n from headrace.job_logs where job_id = $1 order by n desc limit $2
