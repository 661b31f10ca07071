-- A worker over HTTP: see migration 0082.
insert into headrace.flatfile_leases (worker_id, app, jobs) values ($1, $2, $3)
