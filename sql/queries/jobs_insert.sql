-- Creates jobs, in the caller's transaction, however many: the ids of those that were not created, since a live job of their app
-- holds their unique key. $1 to $3 are their ids, specs and kinds; $4 to $21 have an element for each kind.
select headrace.make_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
