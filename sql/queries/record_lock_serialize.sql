-- Only one transaction at a time hands these records' locks on; in one order, so two cannot wait for each other.
-- Who holds it waits for no job's row: record_locks_grant.sql passes over those that are locked.
select pg_advisory_xact_lock(key) from (
    select distinct hashtextextended(concat_ws('/', 'headrace.record_locks', $1::text, r.entity, r.id), 0) as key
    from unnest($2::text[], $3::uuid[]) as r (entity, id)
    order by key
) keys
