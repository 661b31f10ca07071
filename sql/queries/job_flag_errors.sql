-- An ERROR line sets the job's error flag, also when the job has ended. How many ended while this waited for them, so that
-- their rows in the history are not marked yet.
with bare as materialized (
    select id from headrace.jobs where id = any ($1::uuid[]) and not has_errors
), flagged as (
    update headrace.jobs set has_errors = true where id = any ($1::uuid[]) and not has_errors returning id
)
select count(*) from bare where id not in (select id from flagged)
