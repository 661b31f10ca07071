-- Progress, message and checkpoint of a job; null leaves what is there. Listeners hear of a new progress or message.
with kept as (
    insert into headrace.job_progress as g (job_id, progress, status_message, checkpoint)
    values ($1, coalesce($2, 0), $3, $4)
    on conflict (job_id) do update set
        progress = coalesce($2, g.progress),
        status_message = coalesce($3, g.status_message),
        checkpoint = coalesce($4, g.checkpoint)
    returning job_id, progress, status_message
)
select case when exists (select from headrace.listeners where kind = 'job' and 'progress' = any (events)) then (
    select headrace.tell_jobs(jsonb_agg(
        to_jsonb(j) || jsonb_build_object('event', 'progress', 'progress', k.progress)))
    from kept k
    join headrace.jobs_live j on j.id = k.job_id
    left join headrace.job_progress g on g.job_id = k.job_id
    where j.app in (select app from headrace.listeners where kind = 'job' and 'progress' = any (events))
        and (k.progress, k.status_message) is distinct from (coalesce(g.progress, 0::smallint), g.status_message)
) end as told
