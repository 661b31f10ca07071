-- An endpoint answers no more; no row if it did not.
delete from headrace.app_endpoints where app = $1 and name = $2 returning name
