-- The jobs that wait for any of these, locked: two ends of awaited jobs must not both overlook
-- that together they were the last ones.
select l.id from headrace.jobs_live l
where l.id in (select w.waiter_id from headrace.job_waits w where w.awaited_id = any ($1::uuid[]))
order by l.id for no key update
