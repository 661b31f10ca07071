-- What a version was made of; no row if there is no such version.
select sha256 from headrace.app_versions where app = $1 and version = $2
