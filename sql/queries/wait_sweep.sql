-- Waits of jobs that have ended.
delete from headrace.job_waits w
where not exists (select from headrace.jobs_live l where l.id = w.waiter_id)
