-- Locks a job of app $2 where it is still live; the first statement of whatever changes it.
select id from headrace.jobs_live where id = $1 and app = $2 for no key update
