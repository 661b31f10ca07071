-- Where work is: up to $3 pairs of app and queue from the one behind ($1, $2) on, then from the first on; and, in a
-- row without an app, in how many ms the next job becomes claimable by the clock. Jobs that are due by now become so here.
-- `turns` in that row: jobs with concurrency keys may go on (migration 0021). `workers`: how many there are to look, those
-- that may be dead not counted.
-- Where nothing is due no job is read: a plan made for a few live jobs would walk over all of them at each look.
-- A lane at one of its limits (migration 0011) is left out: whoever frees a permit tells the workers.
with recursive due as materialized (
    select job_id from headrace.job_later where ready_at <= now() order by ready_at limit 1000 for update skip locked
), gone as (
    delete from headrace.job_later where job_id = any (array(select job_id from due))
), moved as (
    insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
    select
        (select last_value % 3 from headrace.job_ready_turn), app, queue,
        case when low_priority then 2 when attempt > 0 then 0 else 1 end, clock_timestamp(), id
    from headrace.jobs_live
    where (select exists (select from due))
        and id = any (array(select job_id from due)) and ready_at <= now() and concurrency_key is null
    returning app, queue
), keyed as materialized (
    select headrace.block(array_agg(id)), count(*) from headrace.jobs_live
    where (select exists (select from due))
        and id = any (array(select job_id from due)) and ready_at <= now() and concurrency_key is not null
    having count(*) > 0
), ahead (app, queue, n) as (
    (select app, queue, 1 from headrace.job_ready where (app, queue) > ($1, $2) order by app, queue limit 1)
    union all
    select next.app, next.queue, ahead.n + 1
    from ahead, lateral (
        select r.app, r.queue from headrace.job_ready r
        where (r.app, r.queue) > (ahead.app, ahead.queue) order by r.app, r.queue limit 1
    ) next
    where ahead.n < $3
), behind (app, queue, n) as (
    (select app, queue, 1 from headrace.job_ready where (app, queue) <= ($1, $2) order by app, queue limit 1)
    union all
    select next.app, next.queue, behind.n + 1
    from behind, lateral (
        select r.app, r.queue from headrace.job_ready r
        where (r.app, r.queue) > (behind.app, behind.queue) and (r.app, r.queue) <= ($1, $2)
        order by r.app, r.queue limit 1
    ) next
    where behind.n < $3
), found as materialized (
    select app, queue, min(n) as n from (
        select app, queue, n from ahead
        union all select app, queue, $3 + n from behind
        union all select app, queue, 2 * $3 + 1 from moved
    ) lanes group by app, queue
), lanes as materialized (
    select app, queue, n, case when exists (
            select from headrace.job_limits l where l.app in (found.app, '*') and l.queue in ('', found.queue))
        then headrace.lane_room(app, queue, 1, false) else 1 end as room
    from found
)
(select app, queue, null::float8 as next_in_ms, null::boolean as turns, null::bigint as workers
from lanes where room > 0 order by n)
union all
select null, null, least(
    extract(epoch from (select min(ready_at) from headrace.job_later where ready_at > now()) - clock_timestamp()) * 1000,
    (select min(headrace.lane_wait_ms(app, queue)) from lanes where room = 0)),
    exists (select from keyed) or exists (select from headrace.key_turns),
    (select count(*) from headrace.workers where heartbeat_at > now() - interval '15 seconds')
