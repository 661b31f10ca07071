-- Waiters that no longer wait.
delete from headrace.job_waits where waiter_id = any ($1::uuid[])
