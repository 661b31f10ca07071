-- What earlier attempts of a job recorded behind call $3 of step $2, in order, up to $4 calls.
select step, seq, method, args_hash, args, at_ms, failed, open, reply::text as text, runtime
from headrace.job_journal where job_id = $1 and (step, seq) > ($2, $3) order by step, seq limit $4
