-- The listener $1 of app $2: the handlers that it has.
select jobs from headrace.flatfile_leases where worker_id = $1 and app = $2 and jobs is not null
