-- The numbers of the job's lines behind $2 and up to $3, at most $4 of them.
select n from headrace.job_logs where job_id = $1 and n > $2 and n <= $3 order by n limit $4
