-- First pages of filters that few jobs of a long history match (bench history). Partial, so that the shortest jobs pay
-- for neither: handlers' jobs are in no index by type, and jobs that finish in none by status.
create index jobs_history_type on headrace.jobs_history (app, type, id) where type <> 'HANDLER';
create index jobs_history_canceled on headrace.jobs_history (app, id) where status = 'CANCELED';
create index jobs_history_error_types on headrace.jobs_history (app, type, id) where has_errors;
-- Jobs that started or ended since a time: behind the ids of that time only these can be, and the live ones.
create index jobs_history_long on headrace.jobs_history (app, id) where ended_at - created_at > interval '1 hour';
