-- What Flatfile's doors keep of jobs: of those that they made, and of others when they meet them first.
insert into headrace.flatfile_jobs (job_id, app, config, phase)
select id, $2, config, phase from unnest($1::uuid[], $3::jsonb[], $4::text[]) as i (id, config, phase)
on conflict (job_id) do nothing
