-- Every job of a tree, oldest first: for printing it.
with recursive tree as (
    select id from headrace.jobs where id = $1 and app = $2
    union
    select j.id from headrace.jobs j join tree t on j.parent_id = t.id
)
select id from tree order by id
