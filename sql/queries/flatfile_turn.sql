-- Whether it is this reader's turn to look for changes of app $1: nobody has within $2 ms.
insert into headrace.flatfile_feeds as f (app, looked_at) values ($1, clock_timestamp())
on conflict (app) do update set looked_at = excluded.looked_at
    where f.looked_at < clock_timestamp() - make_interval(secs => $2::integer / 1000.0)
returning app
