-- Gives worker $1 up to $2 jobs out of the lanes in the other parameters (migration 0223). Its columns are, in their order,
-- those of engine.jobs.queue.Claim first: a worker takes them by their place.
select * from headrace.claim_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9)
