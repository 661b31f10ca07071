-- Functions that make large objects and that everybody, or a role of an app's statements, may call; and who owns the schema.
select p.oid::regprocedure::text as function, pg_get_userbyid(n.nspowner) as owner
from pg_proc p, pg_namespace n
where p.pronamespace = 'pg_catalog'::regnamespace and p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import')
    and n.nspname = 'headrace'
    and (has_function_privilege('public', p.oid, 'execute') or exists (
        select from headrace.app_roles a join pg_roles r on r.rolname = a.role
        where has_function_privilege(r.oid, p.oid, 'execute')))
order by 1
