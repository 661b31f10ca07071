-- The jobs that workers hold. A scan of the live table: deaths are rare, and an index on worker_id would be written
-- twice a job.
select id from headrace.jobs_live where worker_id = any ($1::uuid[])
