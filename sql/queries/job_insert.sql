-- Creates one plain job, in the caller's transaction: due, without parent, unique key or concurrency key. Its rows are those of
-- headrace.make_job, which costs a third more, but which nobody has to plan anew at each call. $1 to $15 are id, spec, created_at, app,
-- queue, type, name, label, low_priority, urgent, max_attempts, timeout_ms, app_version, run_by, and whether to wake hungry workers.
with params as (
    insert into headrace.job_params (job_id, label, spec) values ($1, $8, $2)
), listed as (
    insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
    values (
        coalesce(pg_sequence_last_value('headrace.job_ready_turn'), 0) % 3, $4, $5,
        case when $9 then 2 when $10 then 0 else 1 end,
        clock_timestamp() - case when $10 and not $9 then interval '1 day' else interval '0' end, $1)
)
insert into headrace.jobs_live (
    id, archived, app, queue, type, name, status, low_priority, max_attempts, timeout_ms, app_version, root_id, run_by, created_at,
    ready_at)
values (
    $1, false, $4, $5, $6, $7, 'PENDING', $9, $11, $12, $13, $1, $14, $3,
    clock_timestamp() - case when $10 then interval '1 day' else interval '0' end)
returning
    case when $15 and to_timestamp(pg_sequence_last_value('headrace.hungry_until')) > clock_timestamp()
        then headrace.wake_for(app || ' ' || queue) end as woken,
    case when pg_sequence_last_value('headrace.created_heard') is not null then headrace.tell_created(app, id) end as told
