-- Jobs of handlers of app $2 as Flatfile's doors see them, in the order of their ids.
select
    j.id, j.app, j.name, j.status, j.attempt, j.failures, j.max_attempts, j.run_by, j.parent_id,
    j.created_at, j.started_at, j.ended_at, j.ready_at > clock_timestamp() as later, j.worker_id,
    p.spec->'params' as params, coalesce(g.progress, 0) as progress, r.results, r.error,
    f.config, coalesce(f.phase, 'ready') as phase, f.info, f.plan, f.estimated_completion_at, f.acknowledged_at,
    coalesce(f.updated_at, j.created_at) as updated_at, f.told_status, coalesce(f.told_attempts, 0) as told_attempts,
    coalesce(f.told_status = 'executing' and f.begun_at + make_interval(secs => j.timeout_ms / 1000.0) < clock_timestamp(),
        false) as overdue, j.timeout_ms,
    l.worker_id is not null and not j.archived as remote, l.jobs is not null as listening,
    exists (select from headrace.flatfile_followers w where w.job_id = j.id) as follows
from headrace.jobs j
left join headrace.job_params p on p.job_id = j.id
left join headrace.job_progress g on g.job_id = j.id
left join headrace.job_results r on r.job_id = j.id
left join headrace.flatfile_jobs f on f.job_id = j.id
left join headrace.flatfile_leases l on l.worker_id = j.worker_id
where j.id = any ($1::uuid[]) and j.app = $2 and j.type = 'HANDLER' and f.deleted is not true
order by j.id
