-- A new version; the primary key refuses a second one with the same number.
insert into headrace.app_versions (app, version, sha256, manifest, pushed_by)
values ($1, $2, $3, $4, $5)
