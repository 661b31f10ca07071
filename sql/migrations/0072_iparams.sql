-- What an app was installed with: keys of other services and the like. Encrypted by the process that stores it, so
-- that neither a dump nor whoever reads the tables has it; the keys are a setting and never here.
create table headrace.app_iparams (
    app        text        primary key references headrace.apps (name),
    sealed     bytea       not null,
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text
);
