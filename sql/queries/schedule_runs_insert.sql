-- What became of runs; the primary key refuses a run that was there before, and all of the transaction with it.
insert into headrace.schedule_runs (schedule_id, due_at, outcome, job_id, until_at, error)
select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[])
