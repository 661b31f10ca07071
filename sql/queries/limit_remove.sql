-- Takes back the limit of one source.
delete from headrace.job_limits where app = $1 and queue = $2 and source = $3
returning app, queue, source, concurrency, rate, per_ms
