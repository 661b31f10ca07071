-- Files that nobody can read any more: expired ones, and those whose writer died. A writer has a week, for a job
-- that writes an export may be stopped over a weekend. Few at a time, and past what another sweep holds.
-- An array, not `in`: a plan may run a subquery of `in` again for each row, and each time it finds other rows.
delete from headrace.files where id = any (array(
    select id from headrace.files
    where expires_at < now() or (sha256 = '' and created_at < now() - interval '7 days')
    limit $1
    for update skip locked
))
returning id
