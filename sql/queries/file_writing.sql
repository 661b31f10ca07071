-- Where the bytes of a file that is being written go.
select on_volume from headrace.files where app = $1 and id = $2 and sha256 = ''
