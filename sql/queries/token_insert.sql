-- A token of a user of the app; the secret itself is never stored.
insert into headrace.api_tokens (id, app, user_id, name, sha256, scopes, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
returning id, app, user_id, name, scopes, created_at, expires_at, revoked_at, last_used_at
