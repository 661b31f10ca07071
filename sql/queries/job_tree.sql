-- A job of app $2 and its live descendants. Ancestry goes through finished jobs as well: a running grandchild of a
-- canceled job is reached although its parent has ended.
with recursive target as (
    select id, root_id from headrace.jobs where id = $1 and app = $2
), chain (id, ancestor) as (
    select l.id, l.parent_id from headrace.jobs_live l, target t
    where l.root_id = t.root_id and l.parent_id is not null and l.id <> t.id
    union
    select c.id, j.parent_id from chain c join headrace.jobs j on j.id = c.ancestor
    where j.parent_id is not null and c.ancestor <> $1
)
select l.id, l.status, l.worker_id, l.awaited, l.attempt
from headrace.jobs_live l
where l.app = $2 and (l.id = $1 or l.id in (select id from chain where ancestor = $1))
order by l.id
