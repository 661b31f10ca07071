-- A record of the app.
select id, entity, version, data, created_at, updated_at
from headrace.records
where app = $1 and entity = $2 and id = $3
