-- Lists again what was set aside while app $1 was stopped, in its order. In a statement behind app_start.sql, which has to
-- see what was set aside while that one waited. Ranks of 1 and 2 only grow (migration 0005), so they begin at now.
with back as (
    delete from headrace.job_aside where app = $1 returning queue, priority, rank, job_id
)
insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
select
    (select last_value % 3 from headrace.job_ready_turn), $1, queue, priority,
    case when priority = 0 then rank
        else clock_timestamp() + make_interval(secs => 0.000001 * row_number() over (order by priority, rank)) end,
    job_id
from back
order by priority, rank
