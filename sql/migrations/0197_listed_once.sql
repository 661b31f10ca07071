-- Every new job stands in a list. As in migration 0031, but that one time decides which.
create or replace function headrace.list_created() returns trigger language plpgsql as $$
declare
    -- What is due is asked once. Asked again by each statement, a delay of some ms was "later" for the first of them and "now" for
    -- the next one, and its job stood in no list for ever.
    listed_at constant timestamptz := clock_timestamp();
    turn      constant bigint := (select last_value % 3 from headrace.job_ready_turn);
    families  boolean;
    waiting   boolean;
    keyed     uuid[];
begin
    select bool_or(parent_id is not null), bool_or(ready_at > listed_at),
        array_agg(id) filter (where concurrency_key is not null and ready_at <= listed_at)
    into families, waiting, keyed from made;
    insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
    select turn, app, queue, priority, case when priority = 0 then ready_at else clock_timestamp() end, id
    from (
        select m.*, headrace.ready_priority(low_priority, attempt, ready_at) as priority
        from made m where ready_at <= listed_at and concurrency_key is null and parent_id is null
    ) due
    order by id;
    if families then
        with clocks as materialized (
            select root_id, pg_try_advisory_xact_lock(hashtextextended('headrace root ' || root_id, 31)) as mine, (
                select c.rank + interval '100 ms' from headrace.root_ranks c
                where c.root_id = roots.root_id and exists (
                    select from headrace.jobs_live j where j.id = c.last_id and j.status = 'PENDING')) as base
            from (select distinct root_id from made where parent_id is not null) roots
        ), due as materialized (
            select m.*, headrace.ready_priority(low_priority, attempt, ready_at) as priority,
                make_interval(secs => 0.1 * (row_number() over (partition by m.root_id order by id) - 1)) as behind
            from made m where ready_at <= listed_at and concurrency_key is null and parent_id is not null
        ), listed as (
            insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
            select turn, app, queue, priority,
                case when priority = 0 then ready_at else greatest(clock_timestamp(), base) end + behind, id
            from due join clocks using (root_id)
            order by id
            returning job_id, rank
        )
        insert into headrace.root_ranks as r (root_id, rank, last_id)
        select distinct on (root_id) root_id, rank, job_id
        from listed join due on due.id = listed.job_id join clocks using (root_id)
        where priority > 0 and mine
        order by root_id, rank desc
        on conflict (root_id) do update set rank = excluded.rank, last_id = excluded.last_id;
    end if;
    if waiting then
        insert into headrace.job_later (job_id, ready_at)
        select id, ready_at from made where ready_at > listed_at and ready_at < 'infinity';
    end if;
    if keyed is not null then
        perform headrace.block(keyed);
    end if;
    return null;
end
$$;

-- Those that were lost: every change of ready_at lists a job anew.
update headrace.jobs_live j set ready_at = ready_at + interval '1 microsecond'
where ready_at < 'infinity' and not exists (select from headrace.job_ready r where r.job_id = j.id)
    and not exists (select from headrace.job_later l where l.job_id = j.id)
    and not exists (select from headrace.job_blocked b where b.job_id = j.id);
