-- Moves jobs that ended into the history, and names those that were not the caller's to end any more (migration 0225).
select lost, lost_attempts, canceled, awaited from headrace.finish_jobs($1, $2, $3, $4, $5, $6)
