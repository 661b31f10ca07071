-- Schedules of app $1 in the order of their tags, behind $2, at most $3.
select * from headrace.schedules where app = $1 and tag > $2 order by tag limit $3
