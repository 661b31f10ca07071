-- One row if nobody else builds or drops indexes of records, until the end of the transaction: two builds at once
-- wait for each other's snapshots. A transaction that has done nothing but this holds none.
select where pg_try_advisory_xact_lock(hashtextextended('headrace.record_indexes', 0))
