-- Drops the months whose last day is more than `keep_days` ago, of the history and of everything that is keyed by a job's
-- id; how many months went. A month stays while a job that was created in it or before is live: it still needs its
-- parameters, its journal and its log. Waits for nobody: a month whose tables are in use goes with a later call.
create function headrace.drop_partitions(keep_days integer, at timestamptz default now()) returns integer
language plpgsql as $$
declare
    month   text;
    after   timestamptz;
    parent  text;
    dropped integer := 0;
begin
    if not pg_try_advisory_xact_lock(hashtext('headrace.drop_partitions')) then
        return 0;
    end if;
    perform set_config('lock_timeout', '200ms', true);
    for month in
        select substring(c.relname from '\d{4}_\d{2}$') from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'headrace.jobs_history'::regclass and c.relname ~ '^jobs_history_\d{4}_\d{2}$' order by 1
    loop
        after := (to_date(month, 'YYYY_MM') + interval '1 month') at time zone 'UTC';
        exit when after > at - make_interval(days => keep_days)
            or exists (select from headrace.jobs_live where id < headrace.uuid_floor(after));
        begin
            foreach parent in array array['jobs_history', 'job_params', 'job_results', 'job_progress',
                                          'job_logs', 'job_journal', 'job_changes'] loop
                execute format('drop table if exists headrace.%I', parent || '_' || month);
            end loop;
            dropped := dropped + 1;
        exception when lock_not_available then
            exit;
        end;
    end loop;
    return dropped;
end
$$;
