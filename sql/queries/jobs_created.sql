-- Tells those that listen to new jobs of the jobs $1, which were just made.
select headrace.tell_live('created', $1::uuid[])
