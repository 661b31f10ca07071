-- Creates any one job, in the caller's transaction: whether it was created. Not, where a live job of its app holds its unique key.
select headrace.make_job($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
