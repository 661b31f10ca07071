-- Those of jobs $2 that dead workers hold, locked in the order of ids. A job that got further in the attempt that
-- died is not what killed its worker: its count of rescues starts again.
select
    l.id, l.status, l.attempt, l.awaited,
    case when exists (select from headrace.job_journal j where j.job_id = l.id and j.attempt = l.attempt)
        then 0 else l.rescues end as rescues
from headrace.jobs_live l
where l.worker_id = any ($1::uuid[]) and l.id = any ($2::uuid[]) order by l.id for no key update of l
