-- The waiter is woken when each of the awaited jobs has reached one of the statuses.
insert into headrace.job_waits (awaited_id, waiter_id, statuses)
select id, $2, $3::text[] from unnest($1::uuid[]) as i (id)
on conflict (awaited_id, waiter_id) do update set statuses = excluded.statuses
