-- Parts of split jobs that are not over, as far as the feed has told: what the workers' housekeeping looks through.
create index flatfile_jobs_parts on headrace.flatfile_jobs (app, job_id)
    where config ? 'part' and not settled and not deleted;
