-- A list that is left is truncated by the same call, if it is empty. Before, the next call did it, and the next call came after a
-- thousand further claims: behind a burst of 100,000 jobs the looks of an idle worker from the beginning of its lane, four a
-- second, walked over all that was dead in the list, 1.5 ms each, until autovacuum came by.

-- Truncates leaves that are empty, and moves on to the next one when the current leaf holds more than `most` bytes.
-- Waits for nobody: a leaf that somebody uses right now is left for the next call. Returns the truncated leaves.
create or replace function headrace.rotate_ready(most bigint default 2097152) returns integer
language plpgsql as $$
declare
    turn      bigint;
    leaf      integer;
    child     regclass;
    used      boolean;
    truncated integer := 0;
begin
    if not pg_try_advisory_xact_lock(hashtext('headrace.rotate_ready')) then
        return 0;
    end if;
    select last_value into turn from headrace.job_ready_turn;
    perform set_config('lock_timeout', '50ms', true);
    -- The next one first, so that it can be moved on to; the current one last, as by then it may have been left.
    foreach leaf in array array[turn + 1, turn + 2, turn] loop
        child := format('headrace.job_ready_%s', leaf % 3);
        if leaf = turn then
            if pg_relation_size(child) <= most
                or pg_relation_size(format('headrace.job_ready_%s', (turn + 1) % 3)::regclass) > 0 then
                continue;
            end if;
            -- Seen at once. Whoever has read the turn before writes to the leaf all the same, and is waited for by the lock, or
            -- waits for it and writes to the truncated one: claims look at all of them.
            perform setval('headrace.job_ready_turn', turn + 1);
        end if;
        -- A list that is written to is not waited for behind the lock of another one: claims want all of them.
        if pg_relation_size(child) = 0 or (leaf = turn and truncated > 0) then
            continue;
        end if;
        execute format('select exists (select from %s)', child) into used;
        if used then
            continue;
        end if;
        begin
            execute format('lock table %s in access exclusive mode', child);
            execute format('select exists (select from %s)', child) into used;
            if not used then
                execute format('truncate %s', child);
                truncated := truncated + 1;
            end if;
        exception when lock_not_available then
            null;
        end;
    end loop;
    return truncated;
end
$$;
