-- Users of the app, made or brought up to date; of the ids in $2 none comes twice. What the file has no column for
-- ($3 mail address, $4 groups) stays. Only who is new and has an address is to be told, by job $5, where it tells at all.
insert into headrace.users as users (app, id, name, email, groups, mail_job)
select $1, row.id, row.name, row.email,
       array(select jsonb_array_elements_text(row.groups)),
       case when row.email is not null then $5::uuid end
from jsonb_to_recordset($2::jsonb) as row (id text, name text, email text, groups jsonb)
order by row.id  -- one lock order for two imports of the same people
on conflict (app, id) do update set
    name = excluded.name,
    email = case when $3::boolean then excluded.email else users.email end,
    groups = case when $4::boolean then excluded.groups else users.groups end
