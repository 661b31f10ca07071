"""Databases that cannot be used: what is wrong, what to do, code 5, and no traceback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.cli.conftest import Call
from tests.patience import patience
from tests.postgres import Server

LIST = ("job", "list", "--database-url")


def test_nobody_answers(headrace: Call) -> None:
    """The address, without its password, the reason, and where the address came from is told."""
    result = headrace(*LIST, "postgresql://me:secret@127.0.0.1:1/jobs")
    assert (result.code, result.out) == (5, "")
    assert "cannot connect to postgresql://me:***@127.0.0.1:1/jobs: Connection refused" in result.err
    assert "headrace config" in result.err


def test_an_error_is_a_document_with_json(headrace: Call) -> None:
    """code, message and additionalInfo, as in scripts and over HTTP."""
    result = headrace(*LIST, "postgresql://127.0.0.1:1/jobs", "--json")
    document = json.loads(result.err)
    assert result.code == 5
    assert document["code"] == "systemException"
    assert document["additionalInfo"] == {}


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", "database_url: 'nonsense' is not allowed; expected a PostgreSQL URL"),
        ("postgresql://h/d?sslmode=maybe", "`sslmode` parameter must be one of"),
        ("postgresql://h:port/d", "expected a PostgreSQL URL"),
        ("", "database_url (from command line): '' is not allowed; expected a text that is not empty"),
    ],
)
def test_what_is_no_address_is_refused(headrace: Call, address: str, message: str) -> None:
    """A malformed address is bad input, code 2."""
    result = headrace(*LIST, address)
    assert result.code == 2
    assert message in result.err


@pytest.fixture
async def locked_out(server: Server) -> AsyncIterator[str]:
    """An address with a wrong password, for a role that the server asks for one."""
    conn = await asyncpg.connect(server.dsn)
    path = await conn.fetchval("show hba_file")
    before = await conn.fetchval("select pg_read_file($1)", path)
    role = f"clerk_{uuid4().hex[:8]}"
    await conn.execute(f"create role {role} login password 'right'")
    rules = [f"local all {role} scram-sha-256", f"host all {role} all scram-sha-256"]
    await _write(conn, path, [*rules, *before.split("\n")])
    parts = urlsplit(server.dsn)
    address = parts._replace(netloc=f"{role}:wrong@{parts.netloc.rpartition('@')[2]}").geturl()
    await _until_refused(address)
    yield address
    await _write(conn, path, before.split("\n"))
    await conn.execute(f"drop role {role}")
    await conn.close()


async def _write(conn: asyncpg.Connection[asyncpg.Record], path: str, lines: list[str]) -> None:
    """Through the server, which may run in a container or under another account."""
    quoted = ", ".join("'" + line.replace("'", "''") + "'" for line in lines if "\\" not in line)
    await conn.execute(f"copy (select unnest(array[{quoted}])) to '{path}'")
    await conn.execute("select pg_reload_conf()")


async def _until_refused(address: str) -> None:
    """The server reads its rules again when it finds the time."""
    async with patience("the server to refuse the password"):
        while True:
            try:
                await (await asyncpg.connect(address)).close()
            except asyncpg.InvalidPasswordError:
                return
            await asyncio.sleep(0.02)


def test_a_wrong_password_is_told_without_it(headrace: Call, locked_out: str) -> None:
    """PostgreSQL's reason is shown, the password is not."""
    result = headrace(*LIST, locked_out)
    assert result.code == 5
    assert 'password authentication failed for user "clerk_' in result.err
    assert ":wrong@" not in result.err


def test_a_database_that_was_never_migrated_is_not_touched(headrace: Call, empty_database: str) -> None:
    """A real server is only migrated when somebody says so; then everything works."""
    refused = headrace(*LIST, empty_database)
    assert refused.code == 5
    assert "the schema lacks migration 0001_jobs: run `headrace migrate`" in refused.err
    first = headrace("migrate", "--json", "--database-url", empty_database).document
    assert first["applied"][0] == "0001_jobs"
    again = headrace("migrate", "--database-url", empty_database)
    assert again.out.endswith(": nothing to do\n")
    assert headrace(*LIST, empty_database).code == 0


async def _in(dsn: str, statement: str) -> None:
    conn = await asyncpg.connect(dsn)
    await conn.execute(statement)
    await conn.close()


@pytest.fixture
async def newer(fresh_database: str) -> str:
    """A database that a newer Headrace has migrated."""
    await _in(fresh_database, "insert into headrace.schema_migrations values (9999, 'future', 'x')")
    return fresh_database


@pytest.fixture
async def edited(fresh_database: str) -> str:
    """A database whose first migration was another text."""
    await _in(fresh_database, "update headrace.schema_migrations set checksum = 'x' where version = 1")
    return fresh_database


@pytest.mark.parametrize("words", [("job", "list"), ("migrate",), ("worker",)])
def test_a_newer_schema_is_refused(headrace: Call, newer: str, words: tuple[str, ...]) -> None:
    """Old code keeps its hands off a schema that it does not know."""
    result = headrace(*words, "--database-url", newer)
    assert result.code == 5
    assert "the database has migration 9999_future, which this version of Headrace does not know" in result.err
    assert "upgrade Headrace" in result.err


def test_an_edited_migration_is_refused(headrace: Call, edited: str) -> None:
    """The schema is not what the file says it is."""
    result = headrace(*LIST, edited)
    assert result.code == 5
    assert "migration 0001_jobs was edited after it was applied" in result.err
