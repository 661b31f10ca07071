-- A file that is about to be written: its sha256 stays empty, and it cannot be found, until it is finished.
insert into headrace.files (id, app, name, content_type, size, sha256, expires_at, content)
values ($1, $2, $3, $4, 0, '', $5, case when not $6::boolean then headrace.new_content() end)
