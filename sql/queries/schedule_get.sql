-- The schedule of app $1 with tag $2.
select * from headrace.schedules where app = $1 and tag = $2
