-- Each of these records that nobody holds goes to the first in its line that is parked, which is woken.
-- A job whose row is locked is passed over: nobody who hands on waits for a job, so there is no deadlock. It looks
-- for itself when it runs again, and the sweep grants what is left lying.
with free as (
    select r.entity, r.id from unnest($2::text[], $3::uuid[]) as r (entity, id)
    where not exists (
        select from headrace.record_locks h
        where h.app = $1 and h.entity = r.entity and h.record_id = r.id and h.granted)
), next as materialized (
    select first.job_id, f.entity, f.id from free f cross join lateral (
        select l.job_id from headrace.record_locks l join headrace.jobs_live j on j.id = l.job_id
        where l.app = $1 and l.entity = f.entity and l.record_id = f.id and not l.granted and not l.deadlocked
            and j.status = 'RUNNING' and j.worker_id is null
        order by l.n limit 1 for no key update of j skip locked) first
), granted as (
    update headrace.record_locks l set granted = true from next
    where l.job_id = next.job_id and l.app = $1 and l.entity = next.entity and l.record_id = next.id and not l.granted
    returning l.job_id
)
update headrace.jobs_live j set ready_at = least(j.started_at, clock_timestamp())
from granted where j.id = granted.job_id
returning j.id
