-- A net under the wakes: waits whose job has reached its status although nobody woke the waiter
-- (a claimer that died between claiming an awaited job and waking those who wait for RUNNING).
select distinct w.awaited_id as id, j.status
from headrace.job_waits w join headrace.jobs j on j.id = w.awaited_id
where j.status = any (w.statuses)
limit 1000
