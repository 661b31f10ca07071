-- The workers that are alive.
select id, name, version, slots, used, draining, started_at, heartbeat_at from headrace.workers order by started_at
