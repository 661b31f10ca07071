-- Every app with its current version, who pushed it when, the version that waits, and whether it runs.
select
    app.name, app.label, app.version, version.pushed_at, version.pushed_by, waiting.version as waiting_version,
    case when stop.app is null then 'STARTED' when stop.sleeping then 'SLEEPING' else 'STOPPED' end as state
from headrace.apps as app
join headrace.app_versions as version on version.app = app.name and version.version = app.version
left join headrace.app_stops as stop on stop.app = app.name
left join lateral (
    select max(newer.version) as version from headrace.app_versions as newer
    where newer.app = app.name and newer.version > app.version
) waiting on true
where $1::text is null or app.name = $1
order by app.name
