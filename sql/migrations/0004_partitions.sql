-- A month whose partition is made late finds its first rows in the default partitions: they move over.
-- Without that, the first such row would make every later call fail, and everything would go to the defaults.
create or replace function headrace.ensure_partitions(at timestamptz default now(), ahead integer default 2) returns integer
language plpgsql as $$
declare
    parent text;
    key    text;
    month  timestamptz;
    low    uuid;
    high   uuid;
    child  text;
    made   integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('headrace.ensure_partitions'));
    for i in 0..ahead loop
        month := (date_trunc('month', at at time zone 'UTC') + make_interval(months => i)) at time zone 'UTC';
        low := headrace.uuid_floor(month);
        high := headrace.uuid_floor((month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
        foreach parent in array array['jobs_history', 'job_params', 'job_results', 'job_progress',
                                      'job_logs', 'job_journal', 'job_changes'] loop
            child := parent || to_char(month at time zone 'UTC', '_YYYY_MM');
            key := case parent when 'jobs_history' then 'id' else 'job_id' end;
            if to_regclass('headrace.' || child) is null then
                execute format('lock table headrace.%I in access exclusive mode', parent || '_default');
                execute format('create table headrace.%I (like headrace.%I including defaults including constraints)',
                    child, parent);
                execute format('with late as (delete from headrace.%1$I where %2$I >= %3$L and %2$I < %4$L returning *)
                    insert into headrace.%5$I select * from late', parent || '_default', key, low, high, child);
                execute format('alter table headrace.%I attach partition headrace.%I for values from (%L) to (%L)',
                    parent, child, low, high);
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end
$$;
