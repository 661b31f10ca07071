-- Companies as the example app has them: $1 of them from number $2 on. A country has from 0.1 to 40 % of them, a
-- number of blocks some dozens, a city about a hundred; one in ten has no number of blocks.
insert into headrace.records (app, entity, id, data)
select 'crm', 'companies', headrace.uuid_v7(), jsonb_strip_nulls(jsonb_build_object(
    'name', 'Company ' || n,
    'country', (array['US', 'US', 'US', 'US', 'CN', 'CN', 'DE', 'TW', 'JP', 'GB'])[1 + n % 10],
    'city', 'City ' || n % 10007,
    'oui', lpad(to_hex(n), 6, '0'),
    'blocks', case when n % 10 > 0 then n * 7919::bigint % 50021 end,
    'employees', n * 7907::bigint % 50023,
    'active', n % 3 > 0, 'score', 0))
from generate_series($2::integer, $2 + $1 - 1) n
