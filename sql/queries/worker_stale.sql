-- Workers whose heartbeat is older than $1 ms. Their rows are locked: they can neither claim nor come back meanwhile.
select id from headrace.workers
where heartbeat_at < clock_timestamp() - make_interval(secs => $1 / 1000.0) for update skip locked
