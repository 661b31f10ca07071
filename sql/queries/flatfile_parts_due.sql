-- Parts of split jobs that have ended, and nobody has told the feed yet: they ended in a worker's hands, or a script's.
-- Materialized for the reason of flatfile_followers_due.
with due as materialized (
    select f.app, f.job_id from headrace.flatfile_jobs f
    where f.config ? 'part' and not f.settled and not f.deleted
        and not exists (select from headrace.jobs_live j where j.id = f.job_id)
)
select app, job_id from due order by job_id limit $1
