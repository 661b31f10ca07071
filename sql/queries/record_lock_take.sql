-- The lock if nobody holds it, else a place in the line; a place that the job has already stays.
-- Under record_lock_serialize.sql, in a statement of its own: its snapshot must see what the one before handed on.
insert into headrace.record_locks as l (app, entity, record_id, job_id, granted)
values ($1, $2, $3, $4, not exists (
    select from headrace.record_locks h where h.app = $1 and h.entity = $2 and h.record_id = $3 and h.granted))
on conflict (job_id, app, entity, record_id) do update set granted = l.granted or excluded.granted
returning granted, deadlocked
