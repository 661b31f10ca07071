-- A platform that has been busy for two days: apps crm and shop, of each type jobs that went well, threw, were retried,
-- canceled and rescued, trees of jobs, logs, workers, and something of each kind that is not over.
insert into headrace.apps (name, label, version) values ('crm', 'CRM', 2), ('shop', 'Shop', 1);

insert into headrace.workers (id, name, version, slots, used, draining, heartbeat_at) values
    ('00000000-0000-7000-8000-000000000001', 'pod-a:1', '0.1.0', 8, 5, false, now()),
    ('00000000-0000-7000-8000-000000000002', 'pod-b:1', '0.1.0', 8, 0, true, now() - interval '9 seconds');

create temp table made as
select
    n, headrace.uuid_v7(at) as id, at as created_at,
    case when n % 3 = 0 then 'shop' else 'crm' end as app,
    case when n % 7 = 0 then 'imports' else 'default' end as queue,
    (array['EXECUTE_SCRIPT', 'EXECUTE_ACTION', 'IMPORT_RECORDS', 'HANDLER'])[1 + n % 4] as type,
    (array['report.js', 'countByCountry', 'companies', 'mail'])[1 + n % 4] as name,
    n % 5 = 0 as low_priority,
    n % 11 in (3, 4) as has_errors
from (select n, now() - make_interval(mins => 5 + n * 5) as at from generate_series(1, 576) n) t;

insert into headrace.jobs_history (
    id, archived, app, queue, type, name, status, low_priority, has_errors, attempt, failures, rescues, max_attempts,
    app_version, worker_id, parent_id, root_id, run_by, created_at, started_at, ended_at)
select
    id, true, app, queue, type, name, case when n % 23 = 0 then 'CANCELED' else 'FINISHED' end, low_priority, has_errors,
    1 + (n % 11 = 4)::int + (n % 29 = 0)::int, (n % 11 = 4)::int, (n % 29 = 0)::int, 3, 1 + (n < 200)::int,
    ('00000000-0000-7000-8000-00000000000' || 1 + n % 2)::uuid,
    case when n % 8 = 1 then lead(id) over tree end, case when n % 8 = 1 then lead(id) over tree else id end,
    case when n % 4 = 1 then 'ann' else 'ben' end,
    created_at, created_at + make_interval(secs => 0.05 * (1 + n % 40)),
    created_at + make_interval(secs => 0.05 * (1 + n % 40) + 0.2 * (1 + n % 60))
from made window tree as (partition by app order by n);

insert into headrace.job_params (job_id, label, spec)
select id, initcap(name), jsonb_build_object('params', jsonb_build_object('n', n)) from made;

insert into headrace.job_results (job_id, results, error)
select id, null, jsonb_build_object('code', case when n % 2 = 0 then 'timeout' else 'scriptException' end,
    'message', 'no company ' || n % 3, 'path', 'scripts/' || name, 'line', 1 + n % 9)
from made where n % 11 = 3;

insert into headrace.job_logs (job_id, at, level, message)
select id, created_at + interval '1 second', 'INFO', 'row ' || line || ' of ' || n from made, generate_series(1, 1 + n % 5) line
union all
select id, created_at + interval '2 seconds', 'ERROR', 'could not reach the mail server' from made where n % 11 = 4;

insert into headrace.job_changes (job_id, at, event, attempt, detail)
select id, created_at + interval '1 second', 'rescued', 1, null from made where n % 29 = 0
union all
select id, created_at + interval '1 second', 'retried', 1, 'no company' from made where n % 11 = 4;

-- Not over: waiting, low and delayed, running, parked, stopped, of both apps.
create temp table live as
select n, headrace.uuid_v7(now() - make_interval(secs => 600 - n)) as id, case when n % 2 = 0 then 'crm' else 'shop' end as app
from generate_series(1, 60) n;

insert into headrace.jobs_live (
    id, archived, app, queue, type, name, status, low_priority, attempt, worker_id, root_id, created_at, ready_at, started_at)
select
    id, false, app, 'default', 'EXECUTE_SCRIPT', 'report.js',
    case when n > 50 then 'STOPPED' when n > 30 then 'RUNNING' else 'PENDING' end, n % 5 = 0, (n > 30)::int,
    case when n between 31 and 40 then '00000000-0000-7000-8000-000000000001'::uuid end, id,
    now() - make_interval(secs => 600 - n),
    case when n <= 20 then now() - make_interval(secs => 600 - n) when n <= 30 then now() + interval '1 hour' end,
    case when n > 30 then now() - make_interval(secs => 500 - n) end
from live;
insert into headrace.job_params (job_id, label, spec) select id, 'Report', '{}' from live;
drop table made, live;
