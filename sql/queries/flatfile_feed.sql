-- Events of app $1 behind number $2, in their order.
select n, at, topic, job_id, attempt, context, payload from headrace.flatfile_events
where app = $1 and n > $2 order by n limit $3
