-- Marks live jobs as awaited, so that their ends look for waiters; in the order of ids. This write and
-- the write that ends the job exclude each other: whichever is second sees the other.
update headrace.jobs_live set awaited = true
where id in (select id from headrace.jobs_live where id = any ($1::uuid[]) order by id for no key update)
