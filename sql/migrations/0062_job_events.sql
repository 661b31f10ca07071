-- Events of jobs beside their ends: created, started, progress, stopped, resumed.
--
-- Whatever changes a job asks first whether any listener of its app hears such a change, which is a probe of a small table a
-- statement; all else is done only where one does.

-- Tells events of jobs, an object each: app, id, type, name, has_errors, root_id, run_by, event, and progress where it is that.
-- Listeners of any type do not hear jobs of listeners: one of them would hear its own, and so set off itself without end.
-- With its owner's rights, as all of these: whoever may make a job need not see who listens.
create function headrace.tell_jobs(jobs jsonb) returns bigint
language sql volatile strict security definer set search_path = pg_catalog, pg_temp as $$
    with told as (
        insert into headrace.events (app, listener, lane, depth, run_by, body)
        select j.app, l.name, l.name || ' ' || j.id, headrace.event_depth(j.root_id), j.run_by,
            jsonb_build_object('type', 'job', 'id', j.id, 'jobType', j.type, 'name', j.name, 'hasErrors', j.has_errors,
                'event', case when j.event = 'finished' and l.events = '{failed}' then 'failed' else j.event end)
            || case when j.progress is null then '{}' else jsonb_build_object('progress', j.progress) end
        from jsonb_to_recordset(jobs) as j (app text, id uuid, type text, name text, has_errors boolean, root_id uuid,
            run_by text, event text, progress smallint)
        join headrace.listeners l on l.app = j.app and l.kind = 'job'
        where l.subject = case when j.type <> 'EXECUTE_LISTENER' and l.subject = '' then '' else j.type end
            and (l.job_name is null or l.job_name = j.name)
            and (j.event = any (l.events) or (j.event = 'finished' and j.has_errors and 'failed' = any (l.events)))
            and headrace.event_depth(j.root_id) <= headrace.deepest_event() + 1
        returning id
    )
    select count(*) from told
$$;

-- As `tell_jobs`, of one change of jobs that live on.
create function headrace.tell_live(change text, ids uuid[]) returns bigint
language sql volatile strict security definer set search_path = pg_catalog, pg_temp as $$
    select headrace.tell_jobs(jsonb_agg(to_jsonb(j) || jsonb_build_object('event', change) order by j.id))
    from headrace.jobs_live j where j.id = any (ids)
$$;

create function headrace.tell_created() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from headrace.listeners where kind = 'job' and 'created' = any (events)) then
        perform headrace.tell_live('created', array_agg(id)) from made
        where app in (select app from headrace.listeners where kind = 'job' and 'created' = any (events));
    end if;
    return null;
end
$$;
create trigger created_told after insert on headrace.jobs_live
    referencing new table as made for each statement execute function headrace.tell_created();

-- Stops and resumes are few, and of several statements. A claim pays for no more than the condition.
create function headrace.tell_stopped() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    change text := case when new.status = 'STOPPED' then 'stopped' else 'resumed' end;
begin
    if exists (select from headrace.listeners where kind = 'job' and app = new.app and change = any (events)) then
        perform headrace.tell_live(change, array[new.id]);
    end if;
    return null;
end
$$;
create trigger stopped_told after update of status on headrace.jobs_live
    for each row when ((new.status = 'STOPPED') <> (old.status = 'STOPPED')) execute function headrace.tell_stopped();
