-- The jobs that have not yet been in any of the statuses for which a job waits. The waiter's own row is locked
-- by whoever asks (job_fence), and by whoever would tell (wake_lock): nothing gets there in between.
select awaited_id from headrace.job_waits where waiter_id = $1
