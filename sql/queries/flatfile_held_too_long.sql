-- Jobs that handlers far away hold although their time is over, or they were stopped or canceled: where nobody reads the
-- feed, nobody else ends them. Leases are few, one for each such handler. Where there is none, as a rule, no job is read: the
-- join alone walked over all live jobs each second, and where a snapshot is held over all that had ended.
select j.app, j.id as job_id
from headrace.flatfile_leases l
join headrace.jobs_live j on j.worker_id = l.worker_id
left join headrace.flatfile_jobs f on f.job_id = j.id
where (select exists (select from headrace.flatfile_leases)) and (j.status in ('STOPPING', 'CANCELING')
    or f.told_status = 'executing' and f.begun_at + make_interval(secs => j.timeout_ms / 1000.0) < clock_timestamp())
order by j.id limit $1
