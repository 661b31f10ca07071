-- For how many ms no schedule is due, null if none ever is; and how many workers there are to ask, those that
-- may be dead not counted.
select
    (select ceil(extract(epoch from min(look_at) - clock_timestamp()) * 1000)::bigint
    from headrace.schedules where look_at is not null),
    (select count(*) from headrace.workers where heartbeat_at > now() - interval '15 seconds')
