-- Which jobs run, as far as the feed has told: what listeners over HTTP hold is among them.
create index flatfile_jobs_running on headrace.flatfile_jobs (app) where told_status = 'executing';
