-- All scripts of a version.
select path, language, source from headrace.app_scripts where app = $1 and version = $2 order by path
