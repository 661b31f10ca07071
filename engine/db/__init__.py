"""The database as the engine sees it: a pool, the loader of sql/, migrations, search, the embedded server."""
