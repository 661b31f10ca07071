-- The newest version of an app, current or not: 0 if it has none.
select coalesce(max(version), 0) from headrace.app_versions where app = $1
