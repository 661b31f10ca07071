-- The app's row, made if there is none, locked until the transaction ends: pushes of one app go one by one.
insert into headrace.apps (name, label, version)
values ($1, $2, 0)
on conflict (name) do update set label = excluded.label
returning version
