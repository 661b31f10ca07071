-- Truncates the lists that are empty, and goes on to the next one when it is worth it.
select headrace.rotate_ready()
