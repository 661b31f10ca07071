-- Takes back what an app declared before, but for these queues.
delete from headrace.job_limits where app = $1 and source = 'app' and queue <> all ($2::text[])
