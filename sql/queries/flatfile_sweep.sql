-- What nobody needs any more: events of more than a week ago, and what was kept of jobs that retention has removed.
with old as (
    delete from headrace.flatfile_events where n in (
        select n from headrace.flatfile_events where at < clock_timestamp() - interval '7 days' order by at limit 5000)
    returning 1
), forgotten as (
    delete from headrace.flatfile_jobs where job_id in (
    select f.job_id from headrace.flatfile_jobs f
    where f.job_id < headrace.uuid_floor(clock_timestamp() - make_interval(days => $1))
        and not exists (select from headrace.jobs j where j.id = f.job_id)
    order by f.job_id limit 5000)
    returning 1
)
select greatest((select count(*) from old), (select count(*) from forgotten)) = 5000 as more
