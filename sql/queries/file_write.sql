-- Bytes into a large object, from byte $2 on.
select lo_put($1, $2, $3)
