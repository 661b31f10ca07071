-- Which of these files there are, finished or not.
select id from headrace.files where id = any ($1::uuid[])
