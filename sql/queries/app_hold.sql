-- The current version of an app, locked until the transaction ends: nobody pushes meanwhile.
select version from headrace.apps where name = $1 for no key update
