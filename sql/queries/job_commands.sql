-- Which of a worker's running jobs it should end, or has lost: $1 ids, $2 their attempts. `halted`: their app is stopped.
select i.id, i.attempt, j.status, (j.id is null or j.attempt <> i.attempt or j.worker_id is null) as lost,
    coalesce(j.queue <> 'app:control' and s.app is not null, false) as halted
from unnest($1::uuid[], $2::integer[]) as i (id, attempt)
left join headrace.jobs_live j on j.id = i.id
left join headrace.app_stops s on s.app = j.app
where j.id is null or j.attempt <> i.attempt or j.worker_id is null or j.status in ('STOPPING', 'CANCELING')
    or (s.app is not null and j.queue <> 'app:control')
