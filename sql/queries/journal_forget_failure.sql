-- Before a retry: the failed calls at the end of the journal run again, what succeeded is replayed.
delete from headrace.job_journal
where job_id = $1 and step = $2 and failed
    and seq > coalesce((select max(seq) from headrace.job_journal where job_id = $1 and step = $2 and not failed), 0)
