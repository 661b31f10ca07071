-- The file, which has $3 bytes, gets $4 more in the same transaction; no row if it has not, or is not being written.
update headrace.files set size = size + $4
where app = $1 and id = $2 and sha256 = '' and size = $3
returning content
