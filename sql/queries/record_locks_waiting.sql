-- Whether any job waits for a lock: only then can there be a deadlock.
select exists (select from headrace.record_locks where not granted and not deadlocked)
