-- The actions of app $1, in the order in which they were made; null filters let everything pass.
select id, app, kind, target_id, space_id, declared, created_by, created_at, updated_at
from headrace.flatfile_actions
where app = $1 and ($2::text is null or space_id = $2) and ($3::text is null or target_id = $3)
    and ($4::uuid is null or id = $4)
order by id
