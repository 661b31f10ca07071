-- One chunk of a file that is being written; again after a crash, it replaces itself.
insert into headrace.file_chunks (file_id, n, bytes)
select file.id, $3, $4 from headrace.files as file
where file.app = $1 and file.id = $2 and file.sha256 = ''
on conflict (file_id, n) do update set bytes = excluded.bytes
returning n
