-- The ranks of roots whose time has passed: the next child ranks by the clock anyway.
delete from headrace.root_ranks where rank < clock_timestamp() - interval '1 minute'
