-- What a job of app $2 left behind.
select r.results, r.error from headrace.jobs j left join headrace.job_results r on r.job_id = j.id
where j.id = $1 and j.app = $2
