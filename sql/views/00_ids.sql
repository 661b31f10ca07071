-- Ids begin with the time at which their job was created: `id >= headrace_views.id_at(now() - interval '1 day')` lets
-- PostgreSQL leave out all older months, which a condition on created_at cannot.
create or replace function headrace_views.id_at(at timestamptz) returns uuid
language sql stable parallel safe
return headrace.uuid_floor(at);
comment on function headrace_views.id_at is 'The smallest id of a job created at this time.';
