-- The bytes of a file go with its row, but who unlinks a large object holds a lock on it until the end of the transaction, and
-- there is room for some thousand locks only. So a statement that deletes many files notes their objects here, in the same
-- transaction, and the workers unlink them a few at a time.
create table headrace.file_remains (content oid primary key);

create or replace function headrace.drop_content() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    most constant integer := 100;
begin
    if tg_op = 'TRUNCATE' then
        if (select count(*) from (select from headrace.files where content is not null limit most + 1) as found) > most then
            insert into headrace.file_remains select content from headrace.files where content is not null
            on conflict do nothing;
        else
            perform lo_unlink(o.oid) from pg_largeobject_metadata o join headrace.files f on f.content = o.oid;
        end if;
    elsif (select count(*) from (select from gone where content is not null limit most + 1) as found) > most then
        insert into headrace.file_remains select content from gone where content is not null on conflict do nothing;
    else
        perform lo_unlink(o.oid) from pg_largeobject_metadata o join gone g on g.content = o.oid;
    end if;
    return null;
end
$$;
drop trigger drop_content on headrace.files;
create trigger drop_content after delete on headrace.files
    referencing old table as gone for each statement execute function headrace.drop_content();

-- An object that was lost may have left its oid to one of a file that lives: that one stays.
create function headrace.unlink_remains(most integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    contents oid[];
begin
    with taken as (
        delete from headrace.file_remains where content = any (array(
            select content from headrace.file_remains limit most for update skip locked
        ))
        returning content
    )
    select coalesce(array_agg(content), '{}') into contents from taken;
    perform lo_unlink(o.oid) from pg_largeobject_metadata o
    where o.oid = any (contents) and not exists (select from headrace.files f where f.content = o.oid);
    return cardinality(contents);
end
$$;
revoke execute on function headrace.unlink_remains(integer) from public;
