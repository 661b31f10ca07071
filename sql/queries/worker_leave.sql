-- A worker that holds nothing any more.
delete from headrace.workers where id = $1
