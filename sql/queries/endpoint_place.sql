-- All that a call of an endpoint has to know of its app; no row if nobody has pushed it.
select
    app.version,
    case when stop.app is null then 'STARTED' when stop.sleeping then 'SLEEPING' else 'STOPPED' end as state,
    array(select deployed.name from headrace.app_endpoints as deployed where deployed.app = app.name) as deployed
from headrace.apps as app
left join headrace.app_stops as stop on stop.app = app.name
where app.name = $1 and app.version > 0
