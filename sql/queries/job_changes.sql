-- What happened to a job of app $2 beside its start and end, oldest first.
select c.at, c.event, c.attempt, c.detail
from headrace.job_changes c join headrace.jobs j on j.id = c.job_id
where c.job_id = $1 and j.app = $2
order by c.at
