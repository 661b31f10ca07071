-- One chunk of a file of the app, finished or not; a file on the volume has none here.
select file.on_volume, chunk.bytes
from headrace.files as file
left join headrace.file_chunks as chunk on chunk.file_id = file.id and chunk.n = $3
where file.app = $1 and file.id = $2
