-- Messages $1 that the broker refused for the reasons $2: again after 1 s, 2 s, … up to 5 minutes.
update headrace.outbox o
set failures = o.failures + 1, error = r.error,
    next_at = clock_timestamp() + least(interval '5 minutes', interval '1 second' * power(2, least(o.failures, 10)))
from unnest($1::uuid[], $2::text[]) as r (id, error)
where o.id = r.id
