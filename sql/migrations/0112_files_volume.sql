-- Where a file's bytes are: in file_chunks, or on the volume of the setting files_dir.
alter table headrace.files add column on_volume boolean not null default false;
