-- $1 finished jobs, spread over the last month's ids as a busy platform leaves them, with parameters and results.
with made as (
    insert into headrace.jobs_history (
        id, archived, app, queue, type, name, status, attempt, root_id, created_at, started_at, ended_at)
    select
        id, true, 'app' || n % 50, 'default', 'HANDLER', 'old', 'FINISHED', 1, id, at, at, at + interval '1 second'
    from (
        select n, at, headrace.uuid_v7(at) as id
        from generate_series(1, $1::integer) n, lateral (select now() - n * interval '2 seconds' as at) time
    ) ids
    returning id
), params as (
    insert into headrace.job_params (job_id, label, spec) select id, 'old', '{"params": {"n": 1}}' from made
)
insert into headrace.job_results (job_id, results) select id, '{"results": {"status": "ok"}}' from made
