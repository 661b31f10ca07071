-- The additional info of the error with which an action of job $1 ended for record $2.
select additional_info from headrace.job_logs
where job_id = $1 and additional_info ->> 'recordId' = $2
order by at desc, n desc limit 1
