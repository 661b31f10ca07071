-- New records: $3 ids and $4 their data, side by side.
insert into headrace.records (app, entity, id, data)
select $1, $2, record.id, record.data
from unnest($3::uuid[], $4::jsonb[]) as record (id, data)
