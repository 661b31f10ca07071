-- Forgets runs that are older than $1 days, at most 1,000 of a schedule at once; their jobs stay as long as other jobs do.
delete from headrace.schedule_runs r
using headrace.schedules s
where r.schedule_id = s.id and r.due_at in (
    select due_at from headrace.schedule_runs o
    where o.schedule_id = s.id and o.due_at < now() - make_interval(days => $1)
    order by due_at limit 1000)
