-- The views are those of this checksum now.
insert into headrace.schema_views (checksum) values ($1)
on conflict (single) do update set checksum = excluded.checksum, applied_at = clock_timestamp()
