-- Waits of jobs $3 that the new statuses satisfy are over.
delete from headrace.job_waits w
using unnest($1::uuid[], $2::text[]) as i (id, status)
where w.awaited_id = i.id and i.status = any (w.statuses) and w.waiter_id = any ($3::uuid[])
