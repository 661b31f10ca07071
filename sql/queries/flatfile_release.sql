-- Lets a pending job run now; a stopped one, when it is resumed.
update headrace.jobs_live set ready_at = case when status = 'PENDING' then clock_timestamp() end
where id = $1 and (status = 'PENDING' and (ready_at is null or ready_at > clock_timestamp())
    or status = 'STOPPED' and ready_at = 'infinity')
