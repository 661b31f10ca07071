-- A root job that makes children without end, one by one, starves no other root of its app.
--
-- Children rank 100 ms apart, as those of one statement did (migration 0005), now also across statements: a root's next
-- child ranks 100 ms behind its last one, for as long as that still waits. So however many children a root has, the jobs
-- of others pass all but those ten a second that it is owed. Once the last one has been claimed, the root has no backlog
-- to make up for, and its next child ranks by the clock.
--
-- Rows are written only with an advisory lock that is tried and never waited for: jobs of one tree that make children at the
-- same time rank theirs without telling each other. Rows whose time has passed mean nothing; workers delete them.
create table headrace.root_ranks (
    root_id uuid        primary key,
    rank    timestamptz not null,
    last_id uuid        not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);

create or replace function headrace.list_created() returns trigger language plpgsql as $$
declare
    keyed uuid[];
begin
    insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
    select turn % 3, app, queue, priority, case when priority = 0 then ready_at else clock_timestamp() end, id
    from (
        select m.*, headrace.ready_priority(low_priority, attempt, ready_at) as priority
        from made m where ready_at <= clock_timestamp() and concurrency_key is null and parent_id is null
    ) due, (select last_value as turn from headrace.job_ready_turn) now_on
    order by id;
    if exists (select from made where parent_id is not null) then
        with clocks as materialized (
            select root_id, pg_try_advisory_xact_lock(hashtextextended('headrace root ' || root_id, 31)) as mine, (
                select c.rank + interval '100 ms' from headrace.root_ranks c
                where c.root_id = roots.root_id and exists (
                    select from headrace.jobs_live j where j.id = c.last_id and j.status = 'PENDING')) as base
            from (select distinct root_id from made where parent_id is not null) roots
        ), due as materialized (
            select m.*, headrace.ready_priority(low_priority, attempt, ready_at) as priority,
                make_interval(secs => 0.1 * (row_number() over (partition by m.root_id order by id) - 1)) as behind
            from made m where ready_at <= clock_timestamp() and concurrency_key is null and parent_id is not null
        ), listed as (
            insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
            select turn % 3, app, queue, priority,
                case when priority = 0 then ready_at else greatest(clock_timestamp(), base) end + behind, id
            from due join clocks using (root_id), (select last_value as turn from headrace.job_ready_turn) now_on
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
    insert into headrace.job_later (job_id, ready_at)
    select id, ready_at from made where ready_at > clock_timestamp() and ready_at < 'infinity';
    select array_agg(id) into keyed from made where concurrency_key is not null and ready_at <= clock_timestamp();
    if keyed is not null then
        perform headrace.block(keyed);
    end if;
    return null;
end
$$;
