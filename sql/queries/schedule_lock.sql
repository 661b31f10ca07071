-- The schedule of app $1 with tag $2, to be changed: no scheduler makes runs of it meanwhile.
select * from headrace.schedules where app = $1 and tag = $2 for update
