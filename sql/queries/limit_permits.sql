-- Permits for the jobs of app $1 (all for '*') that began to run before they were limited.
with running as materialized (
    select j.id from headrace.jobs_live j
    where j.worker_id is not null and case when $1 <> '*' then j.app = $1 else true end
        and exists (select from headrace.job_limits l where l.app in (j.app, '*') and l.queue in ('', j.queue))
    order by j.id for no key update
), marked as (
    update headrace.jobs_live set limited = true
    where id = any (array(select id from running)) and worker_id is not null
    returning id, app, queue
)
insert into headrace.job_permits (job_id, app, queue)
select id, app, queue from marked
on conflict (job_id) do nothing
