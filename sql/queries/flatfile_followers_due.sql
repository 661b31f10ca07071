-- Jobs that wait for one that has ended, and that nobody has told yet: it ended in a worker's hands, or a script's.
-- Materialized, or the limit makes the planner hope for an early end, which is not there as a rule: none is due.
-- Measured with 100,000 that wait: 30 to 80 ms, and 110 ms before the tables were analyzed, which was 850 ms without this.
with due as materialized (
    select w.app, w.job_id from headrace.flatfile_followers w
    where not exists (select from headrace.jobs_live j where j.id = w.predecessor_id)
)
select distinct app, job_id from due order by job_id limit $1
