-- Creates jobs, in the caller's transaction, in one statement however many they are. $1 and $2 are their ids and specs; the
-- others have one element for each run of jobs that are alike in all else: its first and last place in $1, and what they share.
-- So thousands of equal jobs are sent, and read, as few values (8.8 us of the server a job where an array for each column took 12).
-- Where $23 is true and a worker is hungry, those that listen hear of it when that commits: of each lane with work by itself,
-- so that they need not look for it, or of "something" where there are many lanes, jobs for later, or jobs with concurrency keys.
-- A job whose unique key is taken by a live job of its app is not created: its id is among the refused ones. Jobs without a key
-- are inserted apart: what may conflict is written twice to the log.
-- ready_at: an urgent job is put before its app's backlog, but for what has waited for a day: urgent jobs without
-- end must not starve the others.
with input as (
    select i.id, i.spec, t.*, coalesce(t.given_root, i.id) as root_id,
        clock_timestamp() + case when urgent then interval '-1 day' else make_interval(secs => delay_ms / 1000.0) end as ready_at
    from unnest(
        $3::integer[], $4::integer[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[],
        $12::boolean[], $13::bigint[], $14::integer[], $15::integer[], $16::integer[], $17::uuid[], $18::uuid[], $19::text[],
        $20::text[], $21::text[], $22::integer[]
    ) as t (first, last, created_at, app, queue, type, name, label, low_priority, urgent,
            delay_ms, max_attempts, timeout_ms, app_version, parent_id, given_root, run_by, unique_key,
            concurrency_key, concurrency_limit)
    cross join lateral unnest(($1::uuid[])[t.first:t.last], ($2::jsonb[])[t.first:t.last]) as i (id, spec)
), free as (
    insert into headrace.jobs_live (
        id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version,
        parent_id, root_id, run_by, concurrency_key, concurrency_limit, created_at, ready_at)
    select
        id, false, app, queue, type, name, 'PENDING', low_priority, max_attempts, timeout_ms, app_version,
        parent_id, root_id, run_by, concurrency_key, concurrency_limit, created_at, ready_at
    from input where unique_key is null
), keyed as (
    insert into headrace.jobs_live (
        id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version,
        parent_id, root_id, run_by, unique_key, concurrency_key, concurrency_limit, created_at, ready_at)
    select
        id, false, app, queue, type, name, 'PENDING', low_priority, max_attempts, timeout_ms, app_version,
        parent_id, root_id, run_by, unique_key, concurrency_key, concurrency_limit, created_at, ready_at
    from input where unique_key is not null
    on conflict (app, unique_key) where unique_key is not null do nothing
    returning id
), params as (
    insert into headrace.job_params (job_id, label, spec)
    select id, label, spec from input where unique_key is null or id in (select id from keyed)
), lanes as materialized (
    select distinct case when delay_ms = 0 and concurrency_key is null then app || ' ' || queue else '' end as lane
    from input where unique_key is null or id in (select id from keyed)
)
select array(select id from input where unique_key is not null and id not in (select id from keyed)) as refused, (
    select count(headrace.wake_hungry(case when (select count(*) from lanes) > 16 then '' else lane end))
    from lanes where $23::boolean) as told
