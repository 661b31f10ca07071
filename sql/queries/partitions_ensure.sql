-- Makes the monthly partitions of this and the next months.
select headrace.ensure_partitions()
