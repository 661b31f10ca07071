-- What no end of a job has cleaned up: rows of jobs that are over, and lines in front of free locks.
-- The table holds what is locked now, so it is small.
select l.job_id, l.app, l.entity, l.record_id, j.id is null as over
from headrace.record_locks l left join headrace.jobs_live j on j.id = l.job_id
where j.id is null or (not l.granted and not l.deadlocked and not exists (
    select from headrace.record_locks h
    where h.app = l.app and h.entity = l.entity and h.record_id = l.record_id and h.granted))
limit 1000
