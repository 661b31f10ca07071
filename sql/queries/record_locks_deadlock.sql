-- The youngest wait for a lock that is part of a circle: the job waits for a lock whose holder waits, over any number
-- of locks and of waits for jobs, for the job itself. It is woken, to be told.
with recursive line as materialized (
    select w.job_id as waiter, h.job_id as blocker
    from headrace.record_locks w
    join headrace.record_locks h using (app, entity, record_id)
    where not w.granted and not w.deadlocked and h.granted
), walk as (
    select waiter as start, blocker as at from line
    union
    select walk.start, next.blocker from walk cross join lateral (
        select blocker from line where waiter = walk.at
        union all
        select w.awaited_id from headrace.job_waits w
        where w.waiter_id = walk.at and 'FINISHED' = any (w.statuses)
    ) next
), victim as (
    select l.job_id, l.app, l.entity, l.record_id
    from headrace.record_locks l join headrace.jobs_live j on j.id = l.job_id
    where not l.granted and not l.deadlocked and j.status = 'RUNNING' and j.worker_id is null
        and l.job_id in (select start from walk where start = at)
    order by l.n desc limit 1 for no key update of j skip locked
), told as (
    update headrace.record_locks l set deadlocked = true from victim v
    where l.job_id = v.job_id and l.app = v.app and l.entity = v.entity and l.record_id = v.record_id
        and not l.granted
    returning l.job_id
)
update headrace.jobs_live j set ready_at = least(j.started_at, clock_timestamp())
from told where j.id = told.job_id
returning j.id
