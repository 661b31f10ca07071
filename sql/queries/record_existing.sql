-- Which of these ids are records of the entity.
select id from headrace.records where app = $1 and entity = $2 and id = any($3::uuid[])
