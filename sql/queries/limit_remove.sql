-- Takes a limit of the operator's back.
delete from headrace.job_limits where app = $1 and queue = $2 and source = 'operator' returning app, queue, source, concurrency, rate, per_ms
