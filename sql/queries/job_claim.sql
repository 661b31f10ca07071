-- Gives worker $1 up to $2 jobs out of the lanes in the other parameters: a row each, taken by the places of its columns, and a last
-- one that tells of their order; carefully, if $10 says so (migration 0227).
select * from headrace.claim_lanes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
