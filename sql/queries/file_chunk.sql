-- One chunk of a file of the app, finished or not.
select chunk.bytes
from headrace.file_chunks as chunk
join headrace.files as file on file.id = chunk.file_id
where file.app = $1 and file.id = $2 and chunk.n = $3
