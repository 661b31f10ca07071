-- App $1 is stopped from now on, or asleep ($2), by job $3. A stop that comes again only says which of them.
insert into headrace.app_stops (app, sleeping, stop_job) values ($1, $2, $3)
on conflict (app) do update set sleeping = excluded.sleeping, stop_job = excluded.stop_job
