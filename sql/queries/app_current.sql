-- The version that new jobs start on; no row if nobody has pushed the app.
select version from headrace.apps where name = $1 and version > 0
