-- As in migration 0195, but that it does not stand in line behind a transaction that goes on: whoever makes jobs would stand behind
-- it, for 50 ms at each try of each worker.
drop function headrace.sweep_inbox;
create function headrace.sweep_inbox(most bigint default 8388608, patience interval default '1 second') returns boolean
language plpgsql as $$
begin
    if pg_relation_size('headrace.job_inbox') <= most
        or not pg_try_advisory_xact_lock(hashtext('headrace.sweep_inbox'))
        or exists (
            select from pg_locks l left join pg_stat_activity a using (pid)
            where l.locktype = 'relation' and l.relation = 'headrace.job_inbox'::regclass
                and l.database = (select oid from pg_database where datname = current_database())
                and (l.pid is null or a.xact_start < clock_timestamp() - patience))
    then
        return false;
    end if;
    perform set_config('lock_timeout', '50ms', true);
    truncate headrace.job_inbox;
    return true;
exception when lock_not_available then
    return false;
end
$$;
