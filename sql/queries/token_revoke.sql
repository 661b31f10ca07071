-- The token counts no more; revoked again, it keeps the time of the first.
update headrace.api_tokens set revoked_at = coalesce(revoked_at, now())
where app = $1 and id = $2
returning id, app, user_id, name, scopes, created_at, expires_at, revoked_at, last_used_at
