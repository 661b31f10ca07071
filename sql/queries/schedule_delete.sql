-- Removes a schedule, and with it the list of its runs.
delete from headrace.schedules where id = $1
