"""The SQL on job history: every question of docs/sql.md has an answer, and readers see what is theirs and no more."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from engine.db import migrate
from engine.db.pool import Pool
from engine.errors import DatabaseError
from tests.history import fill

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
QUESTIONS = dict(re.findall(r"^### (\d+\. [^\n]*)\n```sql\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL))
VIEWS = sorted(path.stem for path in (ROOT / "sql" / "views").glob("[a-z]*.sql"))
COLUMNS = """
select string_agg(attname, ', ' order by attnum) from pg_attribute
where attrelid = ('headrace_views.' || $1)::regclass and attnum > 0
"""
# Each names the table behind a view, or writes through one.
FORBIDDEN = (
    "select * from headrace.jobs",
    "select * from headrace.job_logs_default",
    "select * from headrace.records",
    "update headrace_views.worker_activity set name = ''",
    "delete from headrace_views.job_durations",
    "select headrace.make_reader('somebody')",
)


@pytest.fixture
async def history(pool: Pool) -> Pool:
    """A pool on a database with history in it."""
    await fill(pool)
    return pool


@pytest.fixture
async def reader(history: Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection of a role that reads every app."""
    async for conn in _reading(history, None):
        yield conn


@pytest.fixture
async def bound(history: Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection of a role that is bound to the app crm."""
    async for conn in _reading(history, "crm"):
        yield conn


async def _reading(pool: Pool, app: str | None) -> AsyncIterator[asyncpg.Connection]:
    role = f"reader_{uuid4().hex}"
    await pool.execute("select headrace.make_reader($1, $2)", role, app)
    conn = await asyncpg.connect(pool.dsn)
    # As a session of its own, not by `set role`, which could be taken back.
    await conn.execute(f"set session authorization {role}")
    yield conn
    await conn.close()
    await pool.execute(f"drop owned by {role}; drop role {role}")


def test_there_are_twenty_questions() -> None:
    """The guide promises twenty."""
    assert [name.split(".")[0] for name in QUESTIONS] == [str(n) for n in range(1, 21)]


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_has_the_documented_columns(pool: Pool, view: str) -> None:
    """docs/sql.md lists each view's columns in their order, and every view has a comment."""
    (documented,) = re.findall(rf"^\| `{view}` \| [^`]*`([^`]*)`", GUIDE, re.MULTILINE)
    assert documented == (await pool.fetch(COLUMNS, view))[0][0]
    assert (await pool.fetch("select obj_description(('headrace_views.' || $1)::regclass)", view))[0][0]


async def test_every_question_has_an_answer(reader: asyncpg.Connection) -> None:
    """Each query of the guide returns rows to somebody with the rights of a reader."""
    for question, query in QUESTIONS.items():
        assert await reader.fetch(query), question


@pytest.mark.parametrize("view", [view for view in VIEWS if view != "worker_activity"])
async def test_a_bound_role_sees_its_app_only(bound: asyncpg.Connection, history: Pool, view: str) -> None:
    """It gets exactly the rows of its app, which are not all."""
    count = f"select app, count(*) as n from headrace_views.{view} group by app"
    every = {row["app"]: row["n"] for row in await history.fetch(count)}
    assert set(every) == {"crm", "shop"}
    assert [(row["app"], row["n"]) for row in await bound.fetch(count)] == [("crm", every["crm"])]


async def test_a_bound_role_sees_no_workers(bound: asyncpg.Connection) -> None:
    """Workers are the platform's."""
    assert await bound.fetch("select * from headrace_views.worker_activity") == []


async def test_a_bound_role_gets_no_row_past_its_own_functions(bound: asyncpg.Connection) -> None:
    """Row security comes before a function that would tell what it was given."""
    await bound.execute("""create function pg_temp.tell(app text) returns boolean cost 0.0001 language plpgsql as
        $$ begin raise exception 'seen %', app; end $$""")
    seen = "select * from headrace_views.job_history where app <> 'crm' and pg_temp.tell(app)"
    assert await bound.fetch(seen) == []


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_a_reader_only_reads_views(bound: asyncpg.Connection, statement: str) -> None:
    """Tables, other tables' rows and every write are refused."""
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ObjectNotInPrerequisiteStateError)):
        await bound.execute(statement)


async def test_a_role_can_be_bound_otherwise(history: Pool, bound: asyncpg.Connection) -> None:
    """The last call counts."""
    role = await bound.fetchval("select current_user")
    await history.execute("select headrace.make_reader($1, 'shop')", role)
    apps = "select distinct app from headrace_views.job_history order by app"
    assert [row["app"] for row in await bound.fetch(apps)] == ["shop"]
    await history.execute("select headrace.make_reader($1)", role)
    assert [row["app"] for row in await bound.fetch(apps)] == ["crm", "shop"]


async def test_a_role_cannot_be_bound_to_nothing(pool: Pool) -> None:
    """An app that is not there is refused by name, and no role is made."""
    with pytest.raises(DatabaseError, match="there is no app 'cmr'"):
        await pool.execute("select headrace.make_reader('nobody_yet', 'cmr')")
    assert await pool.fetch("select from pg_roles where rolname = 'nobody_yet'") == []


async def test_changed_views_are_replaced(fresh_database: str) -> None:
    """A database whose views are another version's gets this one's at the next migration, and then stays as it is."""
    pool = await Pool.connect(fresh_database)
    before = await pool.fetch("select * from headrace.schema_views")
    await migrate.migrate(pool)
    assert await pool.fetch("select * from headrace.schema_views") == before
    await pool.execute("drop view headrace_views.job_logs; update headrace.schema_views set checksum = 'old'")
    await migrate.migrate(pool)
    assert await pool.fetch("select * from headrace_views.job_logs") == []
    assert (await pool.fetch("select checksum from headrace.schema_views"))[0][0] == before[0]["checksum"]
    await pool.close()


async def test_months_that_cannot_match_are_left_out(history: Pool) -> None:
    """A condition by id_at reads no partition of the history but those of its months."""
    await history.execute("select headrace.ensure_partitions(now() - interval '3 months')")
    plan = await history.fetch("""explain (analyze, costs off) select count(*) from headrace_views.job_durations
        where id >= headrace_views.id_at(now())""")
    text = "\n".join(row[0] for row in plan)
    assert "Subplans Removed" in text or len(re.findall(r"jobs_history_\d", text)) <= 3
