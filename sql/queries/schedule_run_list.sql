-- What became of the runs of schedule $1, the newest first, those due before $2 if it is given, at most $3.
select due_at, outcome, job_id, until_at, error, at from headrace.schedule_runs
where schedule_id = $1 and ($2::timestamptz is null or due_at < $2)
order by due_at desc limit $3
