-- The workers whose heartbeat is younger than $1 ms.
select id, name, version, slots, used, draining, started_at, heartbeat_at from headrace.workers
where heartbeat_at >= clock_timestamp() - make_interval(secs => $1 / 1000.0)
order by started_at
