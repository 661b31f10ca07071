-- Sets or clears the flag of a job of app $2, wherever it is in its life.
update headrace.jobs set low_priority = $3 where id = $1 and app = $2 returning id
