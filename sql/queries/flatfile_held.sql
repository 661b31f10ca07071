-- What worker $2 holds of app $1, as far as the feed was told that it runs.
select j.id, j.attempt, j.status
from headrace.flatfile_jobs f join headrace.jobs_live j on j.id = f.job_id
where f.app = $1 and f.told_status = 'executing' and j.worker_id = $2
order by j.id
