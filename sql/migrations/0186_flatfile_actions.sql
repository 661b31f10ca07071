-- Actions on resources, in Flatfile's words (seed 001, *Action Jobs*): what people may start there. kind and target_id are
-- the resource; declared is the action as it was declared.
create table headrace.flatfile_actions (
    id         uuid        primary key,
    app        text        not null,
    kind       text        not null,
    target_id  text        not null,
    space_id   text,
    declared   jsonb       not null,
    created_by text,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);
create index flatfile_actions_app on headrace.flatfile_actions (app, id);
