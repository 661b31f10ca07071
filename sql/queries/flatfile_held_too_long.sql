-- Jobs that handlers far away hold although their time is over, or they were stopped or canceled: where nobody reads the
-- feed, nobody else ends them. Leases are few, one for each such handler.
select j.app, j.id as job_id
from headrace.flatfile_leases l
join headrace.jobs_live j on j.worker_id = l.worker_id
left join headrace.flatfile_jobs f on f.job_id = j.id
where j.status in ('STOPPING', 'CANCELING')
    or f.told_status = 'executing' and f.begun_at + make_interval(secs => j.timeout_ms / 1000.0) < clock_timestamp()
order by j.id limit $1
