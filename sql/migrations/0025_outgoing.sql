-- What apps send out: messages on their way to a broker, and the roles under which apps' own statements run.

-- A message waits here from the commit of its job's transaction until the broker has confirmed it. Its id is the job's:
-- whoever receives it twice can tell.
create table headrace.outbox (
    id          uuid        primary key,
    app         text        not null,
    topic       text        not null,
    exchange    text        not null,
    routing_key text        not null,
    message     jsonb       not null,
    created_at  timestamptz not null default clock_timestamp()
);

-- The role that reads the views for one app, with the password by which workers log in as it. A statement of the app's
-- runs on a connection of that role: what it may read is what the role may, whatever it sets.
create table headrace.app_roles (
    app      text primary key references headrace.apps (name),
    role     name not null unique,
    password text not null
);

-- Roles are a cluster's, apps a database's: the name has both. Makes what is not there, also after a restore elsewhere.
create function headrace.app_login(of_app text, out role name, out password text) language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('headrace.app_login'));
    select r.role, r.password into role, password from headrace.app_roles r where r.app = of_app;
    if role is not null and exists (select from pg_roles where rolname = role) then
        return;
    end if;
    role := format('headrace_%s_%s', (select oid from pg_database where datname = current_database()),
        left(md5(of_app), 16));
    password := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
    perform headrace.make_reader(role, of_app);
    execute format('alter role %I with login connection limit 20 password %L', role, password);
    insert into headrace.app_roles as r (app, role, password) values (of_app, app_login.role, app_login.password)
    on conflict (app) do update set role = excluded.role, password = excluded.password;
end
$$;
revoke execute on function headrace.app_login(text) from public;
