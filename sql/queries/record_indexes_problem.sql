-- Why an index could not be built.
update headrace.record_indexes set problem = $2 where name = $1
