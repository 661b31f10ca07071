-- Who reads the history by SQL. The views themselves are in sql/views, which is applied after the migrations whenever
-- a file there has changed: a view may be replaced, a migration may not.
create schema headrace_views;

create table headrace.schema_views (
    single     boolean     primary key default true check (single),
    checksum   text        not null,
    applied_at timestamptz not null default clock_timestamp()
);

-- A role that reads one app's history; a reader that is not here reads every app's.
create table headrace.readers (
    role name primary key,
    app  text not null
);
alter table headrace.readers enable row level security;
create policy own on headrace.readers for select using (role = current_user);
grant select on headrace.readers to public;

-- The app that the current role is bound to, null for all. Its body is bound when it is made: readers may call it, and
-- cannot name a table of this schema.
create function headrace.bound_app() returns text
language sql stable parallel safe
return (select app from headrace.readers where role = current_user);

-- Rows that a role may see. The engine reads jobs_live and the partitions by their own names or owns the tables: no
-- policy costs it anything. Permissive for everybody, since row security refuses what no policy allows; the
-- restrictive one then takes away what is another app's.
alter table headrace.jobs enable row level security;
create policy everything on headrace.jobs using (true) with check (true);
create policy one_app on headrace.jobs as restrictive for select
    using ((select headrace.bound_app()) is null or app = (select headrace.bound_app()));

do $$
declare
    name text;
begin
    foreach name in array array['job_params', 'job_results', 'job_progress', 'job_logs', 'job_changes'] loop
        execute format('alter table headrace.%I enable row level security', name);
        execute format('create policy everything on headrace.%I using (true) with check (true)', name);
        execute format('create policy one_app on headrace.%1$I as restrictive for select
            using ((select headrace.bound_app()) is null
                or exists (select from headrace.jobs j where j.id = %1$I.job_id))', name);
    end loop;
end
$$;

-- Workers belong to no app: a role that is bound to one does not see them.
alter table headrace.workers enable row level security;
create policy everything on headrace.workers using (true) with check (true);
create policy platform on headrace.workers as restrictive for select using ((select headrace.bound_app()) is null);

-- Lets a role read the views, of one app or, without it, of all; makes the role if it is not there (with LOGIN and no
-- password: how it logs in is for pg_hba.conf or `alter role`). Call it again to bind the role otherwise. Whoever calls
-- it owns the schema, and may create roles where the role is new.
create function headrace.make_reader(reader name, only_app text default null) returns void
language plpgsql as $$
begin
    if only_app is not null and not exists (select from headrace.apps where name = only_app) then
        raise exception 'there is no app %', quote_literal(only_app)
            using errcode = 'invalid_parameter_value', hint = 'Push the app first, or leave it out for all apps.';
    end if;
    if not exists (select from pg_roles where rolname = reader) then
        execute format('create role %I login', reader);
    end if;
    -- First the binding, then the rights: never a moment in which a bound role sees everything.
    delete from headrace.readers where role = reader;
    if only_app is not null then
        insert into headrace.readers (role, app) values (reader, only_app);
    end if;
    execute format('grant usage on schema headrace_views to %I', reader);
    execute format('grant select on all tables in schema headrace_views to %I', reader);
    execute format('alter default privileges in schema headrace_views grant select on tables to %I', reader);
    execute format('grant select on headrace.jobs, headrace.job_params, headrace.job_results, headrace.job_progress,
        headrace.job_logs, headrace.job_changes, headrace.workers to %I', reader);
end
$$;
revoke execute on function headrace.make_reader(name, text) from public;
