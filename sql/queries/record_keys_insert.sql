-- Take unique values: $3 fields, $4 values, $5 records, side by side; returns those that were free.
-- Ordered, so two writers of the same values wait for each other instead of deadlocking.
insert into headrace.record_keys (app, entity, field, value, record_id)
select $1, $2, key.field, key.value, key.record_id
from unnest($3::text[], $4::text[], $5::uuid[]) as key (field, value, record_id)
order by key.field, key.value
on conflict (app, entity, field, value) do nothing
returning field, value, record_id
