-- The parts of job $1 of app $2, in their order.
select j.id, j.status, f.phase, r.error is not null as failed
from headrace.flatfile_jobs f
join headrace.jobs j on j.id = f.job_id
left join headrace.job_results r on r.job_id = j.id
where f.config->>'parentId' = $1::uuid::text and f.config ? 'part' and f.app = $2
order by (f.config->>'part')::integer
