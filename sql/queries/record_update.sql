-- The record's next version; no row if it is gone or has another version than the writer read.
-- Listeners hear of it as in record_insert.sql ($6, $7). Only for them it is read as it was: what the statement sees
-- under this version is what the update replaces, as a version never comes twice.
with heard as materialized (
    select listener, depth from headrace.hearers($1, 'data', $2, 'updated', $6)
), before as materialized (
    select data from headrace.records
    where app = $1 and entity = $2 and id = $3 and version = $4 and exists (select from heard)
), saved as (
    update headrace.records set data = $5, version = version + 1, updated_at = clock_timestamp()
    where app = $1 and entity = $2 and id = $3 and version = $4
    returning id, entity, version, data, created_at, updated_at
), told as (
    insert into headrace.events (app, listener, lane, depth, run_by, body)
    select $1, h.listener, h.listener || ' ' || s.id, h.depth, $7,
        jsonb_build_object('type', 'data', 'event', 'updated', 'entity', $2::text, 'id', s.id, 'version', s.version,
            'before', b.data, 'after', s.data)
    from saved s cross join before b cross join heard h
)
select id, entity, version, data, created_at, updated_at from saved
