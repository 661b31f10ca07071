-- Job $1 does not wait for jobs $2 any more; null: for none.
delete from headrace.flatfile_followers where job_id = $1 and ($2::uuid[] is null or predecessor_id = any ($2))
