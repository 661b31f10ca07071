-- Indexes that are wanted and not there, there and not wanted, or left half built by somebody who died.
-- While anybody builds one, all that is invalid may be his, so nothing is due.
with there as (
    select c.relname::text as name, i.indisvalid as valid
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'headrace.records'::regclass and starts_with(c.relname::text, $1)
)
select name, d.app, d.entity, d.field, d.type, t.name is not null as there
from headrace.record_indexes d full join there t using (name)
where (d.name is null or (t.name is null and d.problem is null) or not t.valid)
    and not exists (select from pg_stat_progress_create_index p where p.relid = 'headrace.records'::regclass)
order by name
