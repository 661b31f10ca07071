-- How many seconds the oldest message has waited for the broker; 0 if there is none.
select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 from headrace.outbox
