-- Jobs that are about to move, and who waits for them, locked in the order of ids, by one statement.
select l.id from headrace.jobs_live l
where l.id = any ($1::uuid[])
    or l.id in (select w.waiter_id from headrace.job_waits w where w.awaited_id = any ($1::uuid[]))
order by l.id for no key update
