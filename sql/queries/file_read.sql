-- Up to $4 bytes of a file of the app from byte $3 on, finished or not: null if they are on the volume, or lost.
select file.content is null as on_volume, lo_get(object.oid, $3, $4) as bytes
from headrace.files as file
left join pg_largeobject_metadata as object on object.oid = file.content
where file.app = $1 and file.id = $2
