-- Jobs that wait for one that has ended, and that nobody has told yet: it ended in a worker's hands, or a script's.
select distinct w.app, w.job_id from headrace.flatfile_followers w
where not exists (select from headrace.jobs_live j where j.id = w.predecessor_id)
order by w.job_id limit $1
