-- Users of the app in the order of their ids, behind $2.
select id, name, email, groups from headrace.users
where app = $1 and ($2::text is null or id > $2)
order by id
limit $3
