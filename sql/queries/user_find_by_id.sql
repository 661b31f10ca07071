-- A user of the app.
select id, name, email, groups from headrace.users where app = $1 and id = $2
