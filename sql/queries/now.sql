-- The database's clock, which schedules go by: those of the processes may differ.
select clock_timestamp()
