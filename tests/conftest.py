"""What tests are given: one migrated database for the session, emptied before each test, and copies of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engine.db.migrate import migrate
from engine.db.pool import Pool
from tests.postgres import NoPostgres, Server, provision

# One statement deletes all tables whatever refers to what: foreign keys are checked at its end.
# Measured on 21 tables: 0.8 ms; truncate needs 26 to 36 ms.
_TABLES = """
select format('%I.%I', n.nspname, c.relname) as name
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'headrace' and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname <> 'schema_migrations'
"""


# The files that take longest, the longest first: in quiet 90, 20 and 10 to 15 s.
_LONG = (
    "test_document.py",
    "test_kills.py",
    "test_hostapi_arguments.py",
    "test_limit_kills.py",
    "test_embedded_lifecycle.py",
    "test_worker.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files: whoever is given one of them last lets the other processes wait for it."""
    places = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Server]:
    """A running PostgreSQL where databases may be created."""
    try:
        found = await provision()
    except NoPostgres as error:
        pytest.fail(str(error), pytrace=False)
    yield found
    await found.stop()


@pytest.fixture(scope="session")
async def template(server: Server) -> AsyncIterator[str]:
    """The name of a migrated database to which nobody is connected, so that it can be copied."""
    name = await server.create()
    pool = await Pool.connect(server.database(name))
    await migrate(pool)
    await pool.close()
    yield name
    await server.drop(name)


@pytest.fixture(scope="session")
async def dsn(server: Server, template: str) -> AsyncIterator[str]:
    """The session's own migrated database."""
    name = await server.create(template=template)
    yield server.database(name)
    await server.drop(name)


@pytest.fixture(scope="session")
async def shared_pool(dsn: str) -> AsyncIterator[Pool]:
    """The session's pool, with whatever rows the last test left: tests take `pool`."""
    pool = await Pool.connect(dsn)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
async def delete_rows(shared_pool: Pool) -> str:
    """The statement that empties every table of the schema but the list of migrations."""
    names = [row["name"] for row in await shared_pool.fetch(_TABLES)]
    return f"with {', '.join(f't{n} as (delete from {name})' for n, name in enumerate(names))} select"


@pytest.fixture
async def pool(shared_pool: Pool, delete_rows: str) -> Pool:
    """A pool on the session's database, all tables empty."""
    await shared_pool.execute(delete_rows)
    return shared_pool


@pytest.fixture
async def fresh_database(server: Server, template: str) -> AsyncIterator[str]:
    """The DSN of a migrated database of this test's own."""
    name = await server.create(template=template)
    yield server.database(name)
    await server.drop(name)
