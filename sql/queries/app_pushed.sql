-- An app with its current version and who pushed it when.
select app.name, app.label, app.version, version.pushed_at, version.pushed_by
from headrace.apps as app
join headrace.app_versions as version on version.app = app.name and version.version = app.version
where app.name = $1
