-- The jobs that have not yet been in any of the statuses for which a job waits, locked so that none gets there unseen.
select awaited_id from headrace.job_waits where waiter_id = $1 order by awaited_id for update
