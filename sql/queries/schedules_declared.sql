-- The schedules that app $1 itself declares, locked: its next version decides about them.
select * from headrace.schedules where app = $1 and origin = 'app' order by id for update
