-- The token with this hash, if it still counts.
select id, app, user_id, name, scopes, created_at, expires_at, revoked_at, last_used_at
from headrace.api_tokens
where sha256 = $1 and revoked_at is null and (expires_at is null or expires_at > now())
