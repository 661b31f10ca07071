-- A new record, version 1.
insert into headrace.records (app, entity, id, data)
values ($1, $2, $3, $4)
returning id, entity, version, data, created_at, updated_at
