-- Those of these jobs that are over. A probe a job into the small table: nothing that waits for them reads the history.
select i.id from unnest($1::uuid[]) as i (id)
where not exists (select from headrace.jobs_live j where j.id = i.id)
