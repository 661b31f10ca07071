-- Records calls and their replies, in the transaction of the effect that they lead to.
insert into headrace.job_journal (job_id, step, seq, method, args_hash, at_ms, failed, reply, attempt)
select $1, $2, seq, method, args_hash, at_ms, failed, reply, $3
from unnest($4::integer[], $5::text[], $6::text[], $7::bigint[], $8::boolean[], $9::jsonb[])
    as i (seq, method, args_hash, at_ms, failed, reply)
