-- Which of these schedules have a job that lives, among the last hundred that they made. A statement after the one that
-- locked them: only so it sees the jobs that the scheduler before has committed.
select s.id
from unnest($1::uuid[]) as s (id)
where exists (
    select from (
        select job_id from headrace.schedule_runs r
        where r.schedule_id = s.id and job_id is not null
        order by due_at desc limit 100) as made
    join headrace.jobs_live j on j.id = made.job_id)
