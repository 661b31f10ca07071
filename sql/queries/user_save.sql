-- A user of the app, made or brought up to date.
insert into headrace.users (app, id, name, email)
values ($1, $2, $3, $4)
on conflict (app, id) do update set name = excluded.name, email = excluded.email
