-- Users whom the import job $2 made and has not told yet, the first $3 of them.
select id, name, email, groups from headrace.users
where mail_job = $2 and app = $1 and email is not null
order by id
limit $3
