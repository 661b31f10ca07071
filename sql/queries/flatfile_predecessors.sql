-- What job $1 still waits for, and what became of it; no status: retention has removed it.
select w.predecessor_id, w.phase, j.status, r.error is not null as failed
from headrace.flatfile_followers w
left join headrace.jobs j on j.id = w.predecessor_id
left join headrace.job_results r on r.job_id = w.predecessor_id
where w.job_id = $1 order by w.predecessor_id
