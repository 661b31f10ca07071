-- The version that new jobs start on; names the one that it replaces, and returns nothing if that has moved on.
update headrace.apps set version = $3 where name = $1 and version = $2 returning version
