-- Jobs of app $1 that somebody changed without telling the feed: a worker, a script, the console, or the
-- clock; and those whose own time is over. What is not live any more has ended, or is gone; the history is
-- not asked, however long it is.
select f.job_id
from headrace.flatfile_jobs f left join headrace.jobs_live j on j.id = f.job_id
where f.app = $1 and not f.settled and not f.deleted and (
    f.told_status is null or j.id is null or j.attempt > f.told_attempts
    or f.told_status <> case
        when j.status = 'PENDING' and f.phase <> 'ready' then f.phase
        when j.status = 'PENDING' then case when j.ready_at > clock_timestamp() then 'scheduled' else 'ready' end
        when j.status = 'STOPPED' or j.worker_id is null then 'waiting'
        else 'executing' end
    or f.begun_at + make_interval(secs => j.timeout_ms / 1000.0) < clock_timestamp() and f.told_status = 'executing')
order by f.job_id limit $2
