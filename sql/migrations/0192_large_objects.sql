-- The bytes of a file that is not on the volume are one large object, whose oid is in `content`; null is the volume.

-- Whoever may write files is not always the same role, such as two members of the role that owns the schema. A large
-- object belongs to whoever makes it, and nobody else can read it: so all of them are the schema owner's.
create function headrace.new_content() returns oid
language sql volatile security definer set search_path = pg_catalog, pg_temp as 'select lo_create(0)';
revoke execute on function headrace.new_content() from public;

-- Unique, since a row whose object got lost (a dump without large objects, restored) must not meet a new one of its oid.
alter table headrace.files add column content oid unique;

-- What nobody can write on in the new form: its writer begins again.
delete from headrace.files where sha256 = '' and not on_volume;
update headrace.files set content = headrace.new_content() where not on_volume;

-- A few rows at a time, which is how plpgsql reads a query that it loops over.
do $$
declare
    piece record;
begin
    for piece in
        select file.content, chunk.n * 262144::bigint as at, chunk.bytes
        from headrace.file_chunks as chunk
        join headrace.files as file on file.id = chunk.file_id
        where file.content is not null
    loop
        perform lo_put(piece.content, piece.at, piece.bytes);
    end loop;
end
$$;

drop table headrace.file_chunks;
alter table headrace.files drop column on_volume;

-- A file's bytes go with its row, whatever deletes it, and with the rights of the schema's owner, whoever does. An
-- object that is lost already holds up nothing.
create function headrace.drop_content() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'TRUNCATE' then
        perform lo_unlink(o.oid) from pg_largeobject_metadata o join headrace.files f on f.content = o.oid;
    else
        perform lo_unlink(o.oid) from pg_largeobject_metadata o where o.oid = old.content;
    end if;
    return null;
end
$$;
revoke execute on function headrace.drop_content() from public;
create trigger drop_content after delete on headrace.files
    for each row when (old.content is not null) execute function headrace.drop_content();
create trigger drop_all_content before truncate on headrace.files
    for each statement execute function headrace.drop_content();
