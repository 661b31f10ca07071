-- Which of a worker's running jobs it should end, or has lost: $1 ids, $2 their attempts.
select i.id, i.attempt, j.status, (j.id is null or j.attempt <> i.attempt or j.worker_id is null) as lost
from unnest($1::uuid[], $2::integer[]) as i (id, attempt)
left join headrace.jobs_live j on j.id = i.id
where j.id is null or j.attempt <> i.attempt or j.worker_id is null or j.status in ('STOPPING', 'CANCELING')
