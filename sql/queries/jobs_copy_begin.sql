-- What jobs that are made by COPY need to know first: the time, and the leaf of the lists that takes new entries.
select clock_timestamp() as at, (select last_value % 3 from headrace.job_ready_turn) as leaf
