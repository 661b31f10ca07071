-- What these jobs hold, to be handed on when they end; their places in lines are listed too.
select app, entity, record_id from headrace.record_locks where job_id = any ($1::uuid[])
