-- Whether the worker has slots for more than it finds (migration 0057).
update headrace.workers set hungry = $2 where id = $1
