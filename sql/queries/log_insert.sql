-- Appends lines to the logs of jobs, in the order given.
insert into headrace.job_logs (job_id, at, level, message, additional_info)
select job_id, at, level, message, additional_info
from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::jsonb[])
    with ordinality as i (job_id, at, level, message, additional_info, n)
order by n
