-- What earlier attempts of a job recorded for this step, in order.
select seq, method, args_hash, at_ms, failed, reply
from headrace.job_journal where job_id = $1 and step = $2 order by seq
