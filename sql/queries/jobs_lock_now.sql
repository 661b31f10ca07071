-- Jobs that came too late for jobs_lock_moving.sql, locked without waiting for anybody: it would be out of order.
select id from headrace.jobs_live where id = any ($1::uuid[]) order by id for no key update nowait
