-- The statuses of jobs of app $2.
select id, status from headrace.jobs where id = any ($1::uuid[]) and app = $2
