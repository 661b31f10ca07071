-- Changes what the doors keep of a job; null leaves what is there. $2 is merged into its config.
update headrace.flatfile_jobs
set config = config || coalesce($2::jsonb, '{}'), phase = coalesce($3, phase), info = coalesce($4, info),
    plan = coalesce($5::jsonb, plan), estimated_completion_at = coalesce($6, estimated_completion_at),
    acknowledged_at = coalesce($7, acknowledged_at), deleted = deleted or $8, updated_at = clock_timestamp()
where job_id = $1
