-- Workers that hold nothing any more are dead: their rows go, and with them the right to claim.
delete from headrace.workers w
where w.id = any ($1::uuid[]) and not exists (select from headrace.jobs_live l where l.worker_id = w.id)
returning w.id, w.name
