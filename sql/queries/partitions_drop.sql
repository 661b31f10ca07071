-- Drops the months that ended more than $1 days ago; how many.
select headrace.drop_partitions($1)
