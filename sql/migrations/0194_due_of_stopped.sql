-- When a stopped job that had not begun, or was to be tried again, would have become ready: it does so once it is resumed.
-- Not in ready_at, which a stopped job has not, so that nobody claims it.
alter table headrace.jobs add column due_at timestamptz;
