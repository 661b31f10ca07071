-- The live job that holds a unique key; locked so that it cannot end before the caller has its id.
select id from headrace.jobs_live where app = $1 and unique_key = $2 for key share
