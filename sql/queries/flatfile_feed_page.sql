-- A page of the events of app $1, newest first; null filters let everything pass.
select n, at, topic, job_id, attempt, context, payload from headrace.flatfile_events
where app = $1 and ($2::timestamptz is null or at >= $2) and ($3::text is null or topic = $3)
    and ($4::text is null or context->>'environmentId' = $4) and ($5::text is null or context->>'spaceId' = $5)
    and ($6::bigint is null or n = $6)
order by n desc limit $7 offset $8
