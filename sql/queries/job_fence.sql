-- The status of a job while this attempt holds it, locked until the end of the transaction: the first
-- statement of every transaction with an effect of a script, the last but for the log of one that takes long. No row:
-- the claim is lost.
-- Not `for share`: the effect may write the same row, and an upgrade of a shared lock can deadlock.
select status from headrace.jobs_live
where id = $1 and attempt = $2 and worker_id is not null for no key update
