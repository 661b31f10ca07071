"""Jobs in PostgreSQL: create and read, claim and finish, logs, journal and waits."""
