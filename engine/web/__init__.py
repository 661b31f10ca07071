"""The HTTP API: thin routes over jobs, records, files, users and apps (docs/http.md)."""
