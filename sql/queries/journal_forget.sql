-- The job begins anew: what it recorded until now is needed no more. But what it started in executeInJob
-- replays its journal too, so all of it stays while any job of the same tree lives.
delete from headrace.job_journal
where job_id = $1 and not exists (
    select from headrace.jobs_live l where l.root_id = $2 and l.parent_id is not null and l.id <> $1)
