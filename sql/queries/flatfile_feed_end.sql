-- The number of the last event of app $1.
select coalesce(max(n), 0) from headrace.flatfile_events where app = $1
