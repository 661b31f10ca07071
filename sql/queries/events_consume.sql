-- Events that were delivered.
delete from headrace.events where id = any ($1::bigint[])
