-- The file, finished or not; its large object goes with it.
delete from headrace.files where app = $1 and id = $2
returning id, app, name, content_type, size, sha256, created_at, expires_at
