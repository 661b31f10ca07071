-- The table of applied migrations; it exists before the first of them.
do $$ begin
    if to_regclass('headrace.schema_migrations') is null then
        create schema if not exists headrace;
        create table headrace.schema_migrations (
            version    integer     primary key,
            name       text        not null,
            checksum   text        not null,
            applied_at timestamptz not null default clock_timestamp()
        );
    end if;
end $$
