-- Tells the listeners of app $1 that hear the custom event $2, with data $3, in the tree of jobs below $4, on behalf of
-- user $5; a row for each. A lane of its own for each: custom events have no order.
insert into headrace.events (app, listener, lane, depth, run_by, body)
select $1, h.listener, h.listener || ' ' || headrace.uuid_v7(), h.depth, $5,
    jsonb_build_object('type', 'custom', 'name', $2::text, 'data', $3::jsonb)
from headrace.hearers($1, 'custom', $2, null, $4) h
returning id
