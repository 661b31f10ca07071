-- Before a retry: of the last step, the calls behind its last successful call that changed something.
-- They failed, or they only read, and a script that threw at what it read wants to read again.
with last as (
    select max(step) as step from headrace.job_journal where job_id = $1
), kept as (
    select coalesce(max(j.seq), 0) as seq from headrace.job_journal j, last
    where j.job_id = $1 and j.step = last.step and not j.failed and not j.method = any ($2::text[])
)
delete from headrace.job_journal j using last, kept
where j.job_id = $1 and j.step = last.step and j.seq > kept.seq
