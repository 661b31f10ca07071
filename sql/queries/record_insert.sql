-- A new record, version 1. Listeners hear of it, in the tree of jobs below $5, on behalf of user $6.
with made as (
    insert into headrace.records (app, entity, id, data)
    values ($1, $2, $3, $4)
    returning id, entity, version, data, created_at, updated_at
), told as (
    insert into headrace.events (app, listener, lane, depth, run_by, body)
    select $1, h.listener, h.listener || ' ' || m.id, h.depth, $6,
        jsonb_build_object('type', 'data', 'event', 'created', 'entity', $2::text, 'id', m.id, 'version', m.version, 'after', m.data)
    from made m cross join headrace.hearers($1, 'data', $2, 'created', $5) h
)
select id, entity, version, data, created_at, updated_at from made
