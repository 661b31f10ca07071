-- Wakes listeners of a channel when the transaction commits; the same payload twice is sent once.
select pg_notify($1, $2)
