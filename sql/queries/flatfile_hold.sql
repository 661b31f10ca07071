-- Keeps a pending job back until somebody executes it.
update headrace.jobs_live set ready_at = 'infinity' where id = any ($1::uuid[]) and status = 'PENDING'
