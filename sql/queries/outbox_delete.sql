-- Messages that the broker has confirmed.
delete from headrace.outbox where id = any ($1::uuid[])
