-- The schedule as it now is; the caller's transaction has locked it.
update headrace.schedules s
set
    name = $6, event_type = $7, event_tag = $8, params = $9, query = $10, options = $11, cron = $12,
    timezone = $13, interval_ms = $14, executions = $15, start_at = $16, end_at = $17, jitter_ms = $18, missed =
    $19, missed_after_ms = $20, overlap = $21, paused = $22, executed = $23, anchor_at = $24, last_due_at = $25,
    next_at = $26, look_at = $27, updated_at = $28
where id = $1 and app = $2 and origin = $3 and run_by is not distinct from $4 and tag = $5
returning *
