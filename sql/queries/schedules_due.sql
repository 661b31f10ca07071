-- At most $1 schedules that have a run due, locked; those that another scheduler has are left to it.
select *, now() as now from headrace.schedules
where look_at <= now()
order by look_at limit $1 for update skip locked
