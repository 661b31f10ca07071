-- Tells hungry workers, where there are any, of the lanes $2, in which jobs were made by COPY. Those of the apps $1 that listen to new jobs.
select
    array(select distinct app from headrace.listeners where kind = 'job' and 'created' = any (events) and app = any ($1::text[]))
        as listening,
    (select count(pg_notify('headrace_jobs', lane)) from unnest($2::text[]) as lane
    where exists (select from headrace.workers w where w.hungry)) as told
