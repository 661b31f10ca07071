-- What earlier attempts of a job recorded from this step on, in order.
select step, seq, method, args_hash, at_ms, failed, open, reply
from headrace.job_journal where job_id = $1 and step >= $2 order by step, seq
