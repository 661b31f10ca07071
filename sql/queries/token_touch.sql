-- Coarse on purpose: a busy token is one write an hour, never a hot row.
update headrace.api_tokens set last_used_at = now()
where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 hour')
