-- Locks a job of app $2 where it is still live, and who waits for it, in the order of ids; the first statement of
-- whatever changes it. Of one array, as in jobs_lock_moving.sql.
select id from headrace.jobs_live
where id = any (array(
        select $1::uuid
        union all select w.waiter_id from headrace.job_waits w where w.awaited_id = $1))
    and app = $2
order by id for no key update
