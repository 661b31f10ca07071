-- What is declared of action $1 of app $2 is merged with $4, and where it is mounted may change ($3).
update headrace.flatfile_actions set kind = $3, declared = declared || $4::jsonb, updated_at = clock_timestamp()
where id = $1 and app = $2
returning id, app, kind, target_id, space_id, declared, created_by, created_at, updated_at
