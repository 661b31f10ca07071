-- The roots of jobs that are about to get children.
select id, root_id from headrace.jobs where id = any ($1::uuid[])
