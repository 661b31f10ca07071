-- A limit as it is from now on, in place of what the same source said of the same scope.
insert into headrace.job_limits (app, queue, source, concurrency, rate, per_ms) values ($1, $2, $3, $4, $5, $6)
on conflict (app, queue, source) do update
set concurrency = excluded.concurrency, rate = excluded.rate, per_ms = excluded.per_ms
