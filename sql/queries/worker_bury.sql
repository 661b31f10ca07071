-- Workers whose heartbeat is older than $1 ms are dead: their rows go, and with them the right to claim.
delete from headrace.workers
where id in (
    select id from headrace.workers
    where heartbeat_at < clock_timestamp() - make_interval(secs => $1 / 1000.0) for update skip locked)
returning id, name
