-- The file is whole: from now on it can be found. No row if it was finished before, is another app's or has not $3 bytes.
update headrace.files set sha256 = $4, expires_at = coalesce($5, expires_at)
where app = $1 and id = $2 and sha256 = '' and size = $3
returning id, app, name, content_type, size, sha256, created_at, expires_at
