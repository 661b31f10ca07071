-- Scripts and the jobs that came of them: `elapsed_ms` is what the caller of the script waits, `below_ms` the sum
-- over its descendants. A script that only waits costs no slot: see `parked` for how often it gave its slot away.
select
    root.name as script,
    count(job.id) as jobs_below,
    count(distinct job.name) as kinds,
    round(extract(epoch from root.ended_at - root.created_at) * 1000) as elapsed_ms,
    coalesce(round(sum(extract(epoch from job.ended_at - job.started_at)) * 1000), 0) as below_ms,
    root.attempt - 1 as parked
from headrace.jobs root
left join headrace.jobs job
    on job.root_id = root.id and job.id > root.id and job.archived
    and job.id >= headrace.uuid_floor(now() - interval '1 day')
where root.id >= headrace.uuid_floor(now() - interval '1 day') and root.app = 'crm' and root.archived
    and root.parent_id is null
group by root.id, root.archived, root.name, root.created_at, root.ended_at, root.attempt
order by elapsed_ms desc
limit 10;
