-- In place of what was there; nothing comes back where nobody pushed the app.
insert into headrace.app_iparams (app, sealed, changed_by)
select name, $2, $3 from headrace.apps where name = $1
on conflict (app) do update
set sealed = excluded.sealed, changed_at = clock_timestamp(), changed_by = excluded.changed_by
returning app
