-- The attempts that a worker knows ($3 ids, $4 attempts) go on under its new id $2.
update headrace.jobs_live j
set worker_id = $2
from unnest($3::uuid[], $4::integer[]) as i (id, attempt)
where j.id = any ($3::uuid[]) and j.id = i.id and j.attempt = i.attempt and j.worker_id = $1
