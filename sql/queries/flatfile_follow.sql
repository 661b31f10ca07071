-- Job $1 of app $2 waits until jobs $3 are complete, and then is what $4 says.
insert into headrace.flatfile_followers (job_id, predecessor_id, app, phase)
select $1, id, $2, $4 from unnest($3::uuid[]) as i (id)
