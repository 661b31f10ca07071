-- An ERROR line sets the job's error flag, also when the job has ended.
update headrace.jobs set has_errors = true where id = any ($1::uuid[]) and not has_errors
