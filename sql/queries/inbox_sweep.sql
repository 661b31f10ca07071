-- Truncates the inbox of jobs made by COPY and by headrace.enqueue, where it has grown and nobody writes to it.
select headrace.sweep_inbox()
