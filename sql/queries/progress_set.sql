-- Progress, message and checkpoint of a job; null leaves what is there.
insert into headrace.job_progress as g (job_id, progress, status_message, checkpoint)
values ($1, coalesce($2, 0), $3, $4)
on conflict (job_id) do update set
    progress = coalesce($2, g.progress),
    status_message = coalesce($3, g.status_message),
    checkpoint = coalesce($4, g.checkpoint)
