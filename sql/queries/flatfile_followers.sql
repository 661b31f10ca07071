-- The jobs that wait for job $1, in the order of their ids.
select job_id from headrace.flatfile_followers where predecessor_id = $1 order by job_id
