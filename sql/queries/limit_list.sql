-- The limits that are declared (a stopped app is none), all or those that may hold for app $1, with how many jobs hold a permit of each.
select l.app, l.queue, l.source, l.concurrency, l.rate, l.per_ms, (
    select count(*) from headrace.job_permits p
    where p.app = coalesce($1::text, l.app) and l.queue in ('', p.queue)) as used
from headrace.job_limits l
where l.source <> 'stop' and ($1::text is null or l.app in ($1::text, '*'))
order by l.app, l.queue, l.source
