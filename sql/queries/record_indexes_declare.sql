-- What an app wants indexed: $2 names, $3 entities, $4 fields and $5 their types, side by side.
with gone as (
    delete from headrace.record_indexes where app = $1 and name <> all ($2::text[])
)
insert into headrace.record_indexes (app, name, entity, field, type)
select $1, i.name, i.entity, i.field, i.type
from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as i (name, entity, field, type)
on conflict (name) do update set problem = null
