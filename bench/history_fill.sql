-- Jobs $2 + 1 to $2 + $3 of $1 finished ones, evenly over the last 25 days.
with made as (
    insert into headrace.jobs_history (
        id, archived, app, queue, type, name, status, has_errors, attempt, root_id, created_at, started_at, ended_at)
    select
        id, true, case when n % 2 = 0 then 'app0' else 'app' || n / 2 % 19 + 1 end, 'default',
        case when n % 100000 = 0 then 'IMPORT_USERS' when n % 20 = 0 then 'IMPORT_RECORDS' when n % 3 = 0 then 'HANDLER'
            else 'EXECUTE_ACTION' end,
        'old', case when n % 2000 = 0 then 'CANCELED' else 'FINISHED' end, n % 200 = 0, 1, id, at,
        at + interval '100 ms', at + interval '1 second'
    from (
        select n, at, headrace.uuid_v7(at) as id
        from generate_series($2::integer + 1, $2::integer + $3::integer) n,
            lateral (select now() - interval '25 days' * (n::float8 / $1::integer) as at) time
    ) ids
    returning id
)
insert into headrace.job_params (job_id, label, spec) select id, 'old', '{"params": {"n": 1}}' from made
