-- As job_fence.sql, for a transaction that will lock other jobs of its app as well: $3, and if it moves the job ($4) whoever waits
-- for it. All of them in the order of ids, by one statement: what a transaction locks later, while it holds its own job,
-- goes against that order, and two of them wait for each other.
-- Of one array, as in jobs_lock_moving.sql. An aggregate over a materialized list: PostgreSQL would look for the fence first, in a mere sub-select, or end with the
-- first row that the driver wants, and the others would not be locked.
with locked as materialized (
    select id, status, attempt, worker_id from headrace.jobs_live
    where id = any (array(
        select $1::uuid
        union all select o.id from headrace.jobs_live o
        where o.id = any ($3::uuid[]) and o.app = (select own.app from headrace.jobs_live own where own.id = $1)
        union all select w.waiter_id from headrace.job_waits w where $4 and w.awaited_id = $1))
    order by id for no key update
)
select max(status) filter (where id = $1 and attempt = $2 and worker_id is not null) from locked
