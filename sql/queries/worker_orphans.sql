-- The jobs that dead workers held, locked in the order of ids. A scan of the live table: deaths are
-- rare, and an index on worker_id would be written twice a job.
select id, status, attempt, awaited, rescues from headrace.jobs_live
where worker_id = any ($1::uuid[]) order by id for no key update
