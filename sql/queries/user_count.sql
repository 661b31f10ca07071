-- How many users an app has.
select count(*) from headrace.users where app = $1
