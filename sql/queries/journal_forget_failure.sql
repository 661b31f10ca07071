-- Before a retry: the failed calls at the end of a step's journal run again, what succeeded is replayed.
delete from headrace.job_journal j
where j.job_id = $1 and j.step = $2 and j.failed and j.seq > coalesce(
    (select max(k.seq) from headrace.job_journal k where k.job_id = $1 and k.step = $2 and not k.failed), 0)
