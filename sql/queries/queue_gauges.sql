-- What a scrape shows of the queue, in about a millisecond however long the backlog is: up to $1 lanes, counted up to $2
-- entries in all, each lane its share; for the whole, PostgreSQL's own counts of rows. $3 ms is when a worker is dead.
-- The lanes are those behind ($4, $5, $6); `last` is where the next look begins, null if this one saw the end.
with recursive lanes (app, queue, priority, n) as (
    (select app, queue, priority, 1 from headrace.job_ready
    where (app, queue, priority) > ($4::text, $5::text, $6::smallint) order by app, queue, priority limit 1)
    union all
    select next.app, next.queue, next.priority, lanes.n + 1
    from lanes, lateral (
        select r.app, r.queue, r.priority from headrace.job_ready r
        where (r.app, r.queue, r.priority) > (lanes.app, lanes.queue, lanes.priority)
        order by r.app, r.queue, r.priority limit 1
    ) next
    where lanes.n < $1
), seen as (
    select l.queue, case l.priority when 0 then 'first' when 1 then 'normal' else 'low' end as priority,
        counted.jobs, first.since
    from lanes l, lateral (
        select count(*) as jobs from (
            select from headrace.job_ready r
            where r.app = l.app and r.queue = l.queue and r.priority = l.priority
            order by r.rank limit $2::integer / (select greatest(count(*), 1) from lanes)
        ) entries
    ) counted, lateral (
        -- An urgent job is listed as of yesterday.
        select greatest(r.rank, (select j.created_at from headrace.jobs_live j where j.id = r.job_id)) as since
        from headrace.job_ready r
        where r.app = l.app and r.queue = l.queue and r.priority = l.priority
        order by r.rank limit 1
    ) first
)
select
    coalesce(
        (select jsonb_agg(jsonb_build_object('queue', queue, 'priority', priority, 'jobs', jobs, 'oldest_s', oldest_s))
        from (
            select queue, priority, sum(jobs) as jobs,
                greatest(extract(epoch from clock_timestamp() - min(since)), 0) as oldest_s
            from seen group by queue, priority order by 1, 2) q),
        '[]') as lanes,
    (select jsonb_build_array(app, queue, priority) from lanes where n = $1) as last,
    pg_stat_get_live_tuples('headrace.jobs_live'::regclass)::float8 as live,
    (pg_stat_get_live_tuples('headrace.job_ready_0'::regclass) + pg_stat_get_live_tuples('headrace.job_ready_1'::regclass)
        + pg_stat_get_live_tuples('headrace.job_ready_2'::regclass))::float8 as ready,
    pg_stat_get_live_tuples('headrace.job_later'::regclass)::float8 as delayed,
    pg_stat_get_live_tuples('headrace.job_blocked'::regclass)::float8 as blocked,
    (pg_stat_get_live_tuples('headrace.job_permits'::regclass)
        + pg_stat_get_live_tuples('headrace.key_permits'::regclass))::float8 as permits,
    pg_stat_get_tuples_inserted('headrace.jobs_live'::regclass)::float8 as created,
    pg_stat_get_dead_tuples('headrace.jobs_live'::regclass)::float8 as dead,
    coalesce(greatest(extract(epoch from clock_timestamp()
        - (select min(ready_at) from headrace.job_later)), 0), 0)::float8 as overdue_s,
    (select count(*) from headrace.workers
        where heartbeat_at >= clock_timestamp() - make_interval(secs => $3 / 1000.0))::float8 as workers,
    (select sum(relpages::bigint * 8192) from pg_class
        where relnamespace = 'headrace'::regnamespace and relkind in ('r', 'i')
            or oid in ('pg_largeobject'::regclass, 'pg_largeobject_loid_pn_index'::regclass))::float8 as bytes,
    coalesce((select max(extract(epoch from clock_timestamp() - xact_start)) from pg_stat_activity
        where datname = current_database() and backend_xmin is not null), 0)::float8 as snapshot_s
