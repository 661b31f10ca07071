-- One write a worker, however many jobs it holds. No row back: it was declared dead, its jobs are others'.
update headrace.workers set heartbeat_at = clock_timestamp(), used = $2, draining = $3 where id = $1 returning id
