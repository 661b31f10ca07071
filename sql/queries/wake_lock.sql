-- The live jobs that wait for any of these, and whether this transaction has their rows now: two ends of awaited jobs
-- must not both overlook that together they were the last ones. It waits for nobody, since its transaction holds other
-- jobs already: most of the rows it has locked before (jobs_lock_moving.sql and its like), the others are free or not its.
with waiting as materialized (
    select w.waiter_id as id from headrace.job_waits w where w.awaited_id = any ($1::uuid[])
), held as materialized (
    select l.id from headrace.jobs_live l where l.id in (select id from waiting) for no key update skip locked
)
select l.id, exists (select from held where held.id = l.id) as held
from headrace.jobs_live l where l.id in (select id from waiting)
