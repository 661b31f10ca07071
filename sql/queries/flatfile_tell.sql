-- Writes events of a job ($5 topics, $6 contexts, $7 payloads), and what the feed has told of it by now.
with told as (
    update headrace.flatfile_jobs
    set begun_at = case
            when $2 = 'executing' and (told_status, told_attempts) is distinct from ($2, $3) then clock_timestamp()
            else begun_at end,
        told_status = $2, told_attempts = $3, settled = $2 in ('complete', 'failed', 'canceled')
    where job_id = $1 returning app
)
insert into headrace.flatfile_events (app, topic, job_id, attempt, context, payload)
select told.app, i.topic, $1, $4, i.context, i.payload
from told, unnest($5::text[], $6::jsonb[], $7::jsonb[]) with ordinality as i (topic, context, payload, n)
order by i.n
