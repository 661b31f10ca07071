-- How many lines of the job have numbers behind $2 and up to $3.
select count(*) from headrace.job_logs where job_id = $1 and n > $2 and n <= $3
