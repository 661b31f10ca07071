-- The endpoints of an app that answer: DEPLOY_ENDPOINT adds a row, UNDEPLOY_ENDPOINT removes it. What they run is said by
-- the app's current version, so a push changes them all at once; one that it does not declare any more answers no more.
create table headrace.app_endpoints (
    app         text        not null references headrace.apps (name),
    name        text        not null,
    deployed_at timestamptz not null default clock_timestamp(),
    primary key (app, name)
);
