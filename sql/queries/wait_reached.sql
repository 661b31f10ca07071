-- A waiter has seen for itself that these jobs got there.
delete from headrace.job_waits where waiter_id = $1 and awaited_id = any ($2::uuid[])
