-- The tokens of the app, oldest first; revoked and expired ones too, for whoever asks what was there.
select id, app, user_id, name, scopes, created_at, expires_at, revoked_at, last_used_at
from headrace.api_tokens
where app = $1
order by id
