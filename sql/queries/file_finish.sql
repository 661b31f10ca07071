-- The file is whole: from now on it can be found. No row if it was finished before or is another app's.
update headrace.files set size = $3, sha256 = $4, expires_at = coalesce($5, expires_at)
where app = $1 and id = $2 and sha256 = ''
returning id, app, name, content_type, size, sha256, created_at, expires_at
