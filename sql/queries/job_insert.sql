-- Creates jobs, in the caller's transaction, in one statement however many they are. Where $21 is true and a worker is
-- hungry, those that listen hear of it when that commits: of each lane with work by itself, so that they need not look for it,
-- or of "something" where there are many lanes, jobs for later, or jobs with concurrency keys.
-- A job whose unique key is taken by a live job of its app is not created: its id is not returned.
-- ready_at: an urgent job is put before its app's backlog, but for what has waited for a day: urgent jobs without
-- end must not starve the others.
with input as (
    select *
    from unnest(
        $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::boolean[],
        $9::bigint[], $10::integer[], $11::integer[], $12::integer[], $13::uuid[], $14::uuid[], $15::text[],
        $16::text[], $17::text[], $18::jsonb[], $19::text[], $20::integer[]
    ) as i (id, created_at, app, queue, type, name, low_priority, urgent,
            delay_ms, max_attempts, timeout_ms, app_version, parent_id, root_id, run_by, unique_key, label, spec,
            concurrency_key, concurrency_limit)
), made as (
    insert into headrace.jobs_live (
        id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version,
        parent_id, root_id, run_by, unique_key, concurrency_key, concurrency_limit, created_at, ready_at)
    select
        id, false, app, queue, type, name, 'PENDING', low_priority, max_attempts, timeout_ms, app_version,
        parent_id, root_id, run_by, unique_key, concurrency_key, concurrency_limit,
        created_at, clock_timestamp() + case when urgent then interval '-1 day' else make_interval(secs => delay_ms / 1000.0) end
    from input i
    on conflict (app, unique_key) where unique_key is not null do nothing
    returning id
), params as (
    insert into headrace.job_params (job_id, label, spec)
    select id, label, spec from input where id in (select id from made)
), lanes as materialized (
    select distinct case when delay_ms = 0 and concurrency_key is null then app || ' ' || queue else '' end as lane
    from input where id in (select id from made)
)
select id, (
    select count(headrace.wake_hungry(case when (select count(*) from lanes) > 16 then '' else lane end))
    from lanes where $21::boolean) as told
from made
