-- A process joins: its id was never used before.
insert into headrace.workers (id, name, version, slots) values ($1, $2, $3, $4)
