-- The latest finished file of this name.
select id, app, name, content_type, size, sha256, created_at, expires_at
from headrace.files
where app = $1 and name = $2 and sha256 <> '' and (expires_at is null or expires_at > now())
order by id desc
limit 1
