-- Moves locked schedules to their next times.
update headrace.schedules s
set executed = s.executed + m.made, last_due_at = coalesce(m.last_due_at, s.last_due_at), next_at = m.next_at, look_at = m.look_at
from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
    as m (id, made, last_due_at, next_at, look_at)
where s.id = m.id
