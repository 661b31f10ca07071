-- The lines of each job $1[i] behind number $2[i]. A line that committed late may have a lower number than one
-- that was seen before it, so the caller keeps $2 behind what it knows and tells the known ones apart by n.
select line.job_id, line.n, line.at, line.level, line.message, line.additional_info
from unnest($1::uuid[], $2::bigint[]) as watched (job_id, n)
cross join lateral (
    select * from headrace.job_logs as l
    where l.job_id = watched.job_id and l.n > watched.n
    order by l.n
    limit $3
) as line
order by line.job_id, line.n
