-- New records: $3 ids and $4 their data, side by side. Listeners hear of them as in record_insert.sql ($5, $6).
with made as (
    insert into headrace.records (app, entity, id, data)
    select $1, $2, record.id, record.data
    from unnest($3::uuid[], $4::jsonb[]) as record (id, data)
    returning id, version, data
)
insert into headrace.events (app, listener, lane, depth, run_by, body)
select $1, h.listener, h.listener || ' ' || m.id, h.depth, $6,
    jsonb_build_object('type', 'data', 'event', 'created', 'entity', $2::text, 'id', m.id, 'version', m.version, 'after', m.data)
from made m cross join headrace.hearers($1, 'data', $2, 'created', $5) h
