-- The record and, by cascade, its unique keys; returns it as it was. With $4 only in that version.
-- Listeners hear of it as in record_insert.sql ($5, $6).
with gone as (
    delete from headrace.records
    where app = $1 and entity = $2 and id = $3 and ($4::integer is null or version = $4)
    returning id, entity, version, data, created_at, updated_at
), told as (
    insert into headrace.events (app, listener, lane, depth, run_by, body)
    select $1, h.listener, h.listener || ' ' || g.id, h.depth, $6,
        jsonb_build_object('type', 'data', 'event', 'deleted', 'entity', $2::text, 'id', g.id, 'version', g.version, 'before', g.data)
    from gone g cross join headrace.hearers($1, 'data', $2, 'deleted', $5) h
)
select id, entity, version, data, created_at, updated_at from gone
