-- How many jobs of app $1 workers still hold, and whether it is stopped by job $2.
select
    (select count(*) from headrace.jobs_live j where j.app = $1 and j.worker_id is not null and j.queue <> 'app:control') as running,
    exists (select from headrace.app_stops s where s.app = $1 and s.stop_job = $2) as ours
