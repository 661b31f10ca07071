-- Takes what stopped apps have in the lists out of everybody's way. `share`: a start waits until this has committed, or
-- this leaves its app alone.
with stopped as materialized (
    select app from headrace.app_stops for share skip locked
), moved as (
    delete from headrace.job_ready r using stopped s
    where r.app = s.app and r.queue <> 'app:control'
    returning r.app, r.queue, r.priority, r.rank, r.job_id
)
insert into headrace.job_aside (app, queue, priority, rank, job_id)
select app, queue, priority, rank, job_id from moved
