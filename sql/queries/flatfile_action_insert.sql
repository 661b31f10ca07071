-- New actions of app $1 in space $2, made by $3, with ids in their order.
with made as (
    insert into headrace.flatfile_actions (app, space_id, created_by, id, kind, target_id, declared)
    select $1, $2, $3, id, kind, target_id, declared
    from unnest($4::uuid[], $5::text[], $6::text[], $7::jsonb[]) as i (id, kind, target_id, declared)
    returning id, app, kind, target_id, space_id, declared, created_by, created_at, updated_at
)
select * from made order by id
