-- The indexes on fields of records that apps want, by their names in the catalogue. `problem` says why one could
-- not be built; the next push clears it.
create table headrace.record_indexes (
    name    text primary key,
    app     text not null references headrace.apps (name),
    entity  text not null,
    field   text not null,
    type    text not null,
    problem text
);
create index record_indexes_app on headrace.record_indexes (app);
