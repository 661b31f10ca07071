-- Records calls and their replies, in the transaction of the effect that they lead to.
-- Replies come as text: the driver would take a reply that is a list for a dimension of an array of jsonb.
-- Only an open row is ever written again: when its wait is over.
insert into headrace.job_journal as j (job_id, step, seq, method, args_hash, at_ms, failed, open, reply, attempt)
select $1, step, seq, method, args_hash, at_ms, failed, open, reply::jsonb, $2
from unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::boolean[], $9::boolean[], $10::text[])
    as i (step, seq, method, args_hash, at_ms, failed, open, reply)
on conflict (job_id, step, seq) do update set
    at_ms = excluded.at_ms, failed = excluded.failed, open = excluded.open, reply = excluded.reply, attempt = excluded.attempt
where j.open
