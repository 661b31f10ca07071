-- A new schedule; no row if its tag is taken.
insert into headrace.schedules (
    id, app, origin, run_by, tag, name, event_type, event_tag, params, query, options, cron, timezone,
    interval_ms, executions, start_at, end_at, jitter_ms, missed, missed_after_ms, overlap, paused, executed,
    anchor_at, last_due_at, next_at, look_at, created_at, updated_at)
values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25, $26, $27, $28, $28)
on conflict (app, tag) do nothing
returning *
