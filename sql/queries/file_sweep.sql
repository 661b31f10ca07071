-- Files that nobody can read any more: expired ones, and those whose writer died. A writer has a week, for a job
-- that writes an export may be stopped over a weekend. Few at a time, and past what another sweep holds.
delete from headrace.files where id in (
    select id from headrace.files
    where expires_at < now() or (sha256 = '' and created_at < now() - interval '7 days')
    limit $1
    for update skip locked
)
returning id
