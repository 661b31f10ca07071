"""Apps: folders on disk, pushed into PostgreSQL in versions."""
