-- Lets a pending job run now.
update headrace.jobs_live set ready_at = clock_timestamp()
where id = $1 and status = 'PENDING' and (ready_at is null or ready_at > clock_timestamp())
