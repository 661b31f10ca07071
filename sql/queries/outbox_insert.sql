-- A message on its way to a broker; the job that publishes it has told so before if its id is there.
insert into headrace.outbox (id, app, topic, exchange, routing_key, message) values ($1, $2, $3, $4, $5, $6)
on conflict (id) do nothing
