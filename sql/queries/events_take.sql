-- The first events of up to $3 lanes behind lane ($1, $2), locked, but for lanes whose last job is still alive.
-- Always a row: how many lanes it has looked at, and the last of them; how long the oldest event of all has waited, and how
-- many workers there are to ask.
-- The lanes are found by skipping along the index, one probe each, however many events one of them holds.
with recursive lanes as (
    (select app, lane, id from headrace.events where (app, lane) > ($1::text, $2::text) order by app, lane, id limit 1)
    union all
    select n.app, n.lane, n.id
    from lanes l cross join lateral (
        select e.app, e.lane, e.id from headrace.events e
        where (e.app, e.lane) > (l.app, l.lane) order by e.app, e.lane, e.id limit 1) n
), looked as materialized (
    select app, lane, id from lanes limit $3
), free as materialized (
    select k.id from looked k where not exists (
        select from headrace.jobs_live j where j.app = k.app and j.unique_key = 'listener ' || k.lane)
), taken as (
    -- skip locked lets deliverers pass each other
    select id, app, listener, lane, depth, run_by, body from headrace.events
    where id = any (array(select id from free)) order by id for update skip locked
)
select (select count(*) from looked) as looked,
    coalesce(extract(epoch from clock_timestamp() - (select at from headrace.events order by id limit 1)), 0)::float8 as oldest_s,
    (select count(*) from headrace.workers) as workers,
    last.app as last_app, last.lane as last_lane, t.*
from (select) always
left join (select app, lane from looked order by app desc, lane desc limit 1) last on true
left join taken t on true
order by t.id
