-- The oldest messages whose time has come, at most $1, locked: what another worker passes on is left to it.
select id, app, topic, exchange, routing_key, message, created_at from headrace.outbox
where next_at <= now()
order by next_at limit $1 for update skip locked
