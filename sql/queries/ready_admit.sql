-- Takes up to $1 turns of concurrency keys: lists those of their jobs that have permits now.
select headrace.admit_keys($1)
