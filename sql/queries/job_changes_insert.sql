-- Leaves a row for changes that cannot be read off the jobs themselves.
insert into headrace.job_changes (job_id, event, attempt, detail)
select id, $2, attempt, $4 from unnest($1::uuid[], $3::integer[]) as i (id, attempt)
