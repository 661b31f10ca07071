-- All scripts of a version: $3 paths, $4 languages, $5 sources, side by side.
insert into headrace.app_scripts (app, version, path, language, source)
select $1, $2, script.path, script.language, script.source
from unnest($3::text[], $4::text[], $5::text[]) as script (path, language, source)
