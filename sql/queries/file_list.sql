-- The app's finished files, newest first, behind $3; with $2 those of this name only.
select id, app, name, content_type, size, sha256, created_at, expires_at
from headrace.files
where app = $1 and ($2::text is null or name = $2) and ($3::uuid is null or id < $3)
  and sha256 <> '' and (expires_at is null or expires_at > now())
order by id desc
limit $4
