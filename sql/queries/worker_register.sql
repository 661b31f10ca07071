-- A process joins: its id was never used before.
insert into headrace.workers (id, name, version, slots, hungry) values ($1, $2, $3, $4, $5)
