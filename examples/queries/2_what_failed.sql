-- The latest jobs with errors: the error that ended each, or the last ERROR line of its log.
select
    to_char(job.ended_at at time zone 'UTC', 'HH24:MI:SS') as ended,
    job.name,
    job.failures as failed_tries,
    coalesce(result.error ->> 'code', '-') as code,
    left(coalesce(result.error ->> 'message', line.message), 70) as what
from headrace.jobs job
left join headrace.job_results result on result.job_id = job.id
left join lateral (
    select message from headrace.job_logs where job_id = job.id and level = 'ERROR' order by at desc, n desc limit 1
) line on true
where job.id >= headrace.uuid_floor(now() - interval '1 day') and job.app = 'crm' and job.archived and job.has_errors
order by job.id desc
limit 8;
