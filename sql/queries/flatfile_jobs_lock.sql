-- Locks what the doors keep of jobs, in the order of ids.
select job_id from headrace.flatfile_jobs where job_id = any ($1::uuid[]) order by job_id for update
