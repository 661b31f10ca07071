-- Up to $3 requests of app $1's bucket, which holds $2 and is refilled evenly over a minute; its row is locked no longer
-- than this statement lasts.
insert into headrace.request_buckets as bucket (app, level, granted, at)
values ($1, $2::integer - $3::integer, $3, clock_timestamp())
on conflict (app) do update set (level, granted, at) = (
    select filled.level - least($3, floor(filled.level)), least($3, floor(filled.level)), clock.now
    from (select clock_timestamp()) as clock (now)
    cross join lateral (
        select least($2, bucket.level + greatest(0, extract(epoch from clock.now - bucket.at)) * $2 / 60.0)
    ) as filled (level)
)
returning granted, level
