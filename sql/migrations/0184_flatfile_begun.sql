-- When the attempt began that the feed has told of: what a job's own timeout counts from, where its handler is far away.
alter table headrace.flatfile_jobs add column begun_at timestamptz;
