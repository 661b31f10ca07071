-- Jobs that are about to move, and who waits for them, locked in the order of ids, by one statement. Of one array: with an
-- `or` beside a sub-select PostgreSQL reads every live job.
select l.id from headrace.jobs_live l
where l.id = any (array(
    select unnest($1::uuid[])
    union all select w.waiter_id from headrace.job_waits w where w.awaited_id = any ($1::uuid[])))
order by l.id for no key update
