-- Gives one job of app $2 to worker $3, out of its turn: somebody acknowledged it by its id. A new attempt, as any
-- claim. What limits the app's jobs, or those of a key, holds here as well. A job that waits for its parts ($4) goes on as the
-- attempt that it was.
with taken as (
    update headrace.jobs_live j
    set status = 'RUNNING', attempt = attempt + (status = 'PENDING')::integer, worker_id = $3, ready_at = null,
        started_at = coalesce(started_at, clock_timestamp()),
        limited = j.limited or exists (select from headrace.job_limits k where k.app in (j.app, '*') and k.queue in ('', j.queue)),
        app_version = coalesce(app_version, (select a.version from headrace.apps a where a.name = j.app))
    where id = $1 and app = $2 and (status = 'PENDING' or ($4 and status = 'RUNNING' and worker_id is null))
        and (concurrency_key is null or j.limited)
        and case when exists (select from headrace.job_limits k where k.app in (j.app, '*') and k.queue in ('', j.queue))
            then headrace.lane_room(app, queue, 1, true) > 0 else true end
    returning id, app, attempt, awaited
)
select attempt, awaited, (
    select headrace.tell_live('started', array_agg(id)) from taken
    where attempt = 1 and not $4
        and app in (select app from headrace.listeners where kind = 'job' and 'started' = any (events))) as told
from taken
