-- Records calls and their replies, in the transaction of the effect that they lead to.
-- Replies come as text: the driver would take a reply that is a list for a dimension of an array of json.
-- Only an open row is ever written again: when its wait is over.
insert into headrace.job_journal as j
    (job_id, step, seq, method, args_hash, args, at_ms, failed, open, reply, attempt, runtime)
select $1, step, seq, method, args_hash, args, at_ms, failed, open, reply::json, $2, $3
from unnest($4::integer[], $5::integer[], $6::text[], $7::text[], $8::text[],
            $9::bigint[], $10::boolean[], $11::boolean[], $12::text[])
    as i (step, seq, method, args_hash, args, at_ms, failed, open, reply)
on conflict (job_id, step, seq) do update set
    at_ms = excluded.at_ms, failed = excluded.failed, open = excluded.open, reply = excluded.reply,
    attempt = excluded.attempt
where j.open
