-- The app of a job, live or ended, for operators, who have an id and nothing else.
select app from headrace.jobs where id = $1
