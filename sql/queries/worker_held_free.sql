-- The jobs that workers hold and nobody has locked, locked in the order of ids: a worker that froze in the middle of a
-- transaction must not keep the jobs of all the others.
select id from headrace.jobs_live where worker_id = any ($1::uuid[]) order by id for no key update skip locked
