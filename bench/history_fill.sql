-- Jobs $2 + 1 to $2 + $3 of $1 finished ones, evenly over the last 25 days: half of them one app's, errors of imports only,
-- one in 2,000 canceled, one type rare, and a few that took minutes or hours.
with made as (
    insert into headrace.jobs_history (
        id, archived, app, queue, type, name, status, has_errors, attempt, root_id, created_at, started_at, ended_at)
    select
        id, true, case when n % 2 = 0 then 'app0' else 'app' || n / 2 % 19 + 1 end, 'default',
        case when n % 100000 = 0 then 'IMPORT_USERS' when n % 20 = 0 then 'IMPORT_RECORDS' when n % 3 = 0 then 'HANDLER'
            else 'EXECUTE_ACTION' end,
        'old', case when n % 2000 = 0 then 'CANCELED' else 'FINISHED' end, n % 200 = 0, 1, id, at,
        at + interval '100 ms',
        at + case n % 5000 when 1 then interval '3 hours' when 2 then interval '5 minutes' else interval '1 second' end
    from (
        select n, at, headrace.uuid_at(floor(extract(epoch from at) * 4096000)::bigint, n) as id
        from (
            select n, now() - interval '25 days' * (1 - n::float8 / $1::integer) as at
            from generate_series($2::integer + 1, $2::integer + $3::integer) n
        ) times
    ) ids
    returning id
)
insert into headrace.job_params (job_id, label, spec) select id, 'old', '{"params": {"n": 1}}' from made
