-- What ran in the last day: how often, how long it waited for a slot and how long it took, by type and name.
-- Ids begin with the time of creation, so the first condition lets PostgreSQL leave out older months.
select
    type,
    name,
    count(*) as jobs,
    count(*) filter (where has_errors) as with_errors,
    count(*) filter (where status = 'CANCELED') as canceled,
    round(avg(extract(epoch from started_at - created_at)) * 1000) as avg_waiting_ms,
    round(percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at) * 1000)::numeric) as median_ms,
    round(max(extract(epoch from ended_at - started_at)) * 1000) as longest_ms
from headrace.jobs
where id >= headrace.uuid_floor(now() - interval '1 day') and app = 'crm' and archived
group by type, name
order by jobs desc, type, name;
