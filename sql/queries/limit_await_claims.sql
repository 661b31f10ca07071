-- Waits for the claims that began before a limit was there: each holds its worker's row (job_claim.sql).
select id from headrace.workers order by id for update
