"""Months: their partitions are made ahead, and a month without one loses nothing."""

from __future__ import annotations

from datetime import datetime

from engine.db.pool import Pool
from engine.db.sql import load
from engine.jobs import journal
from engine.jobs.journal import Line
from engine.model import LogLevel
from tests.engine.hands import Hand, enqueue_one, get

TABLES = ("jobs_history", "job_params", "job_results", "job_progress", "job_logs", "job_journal", "job_changes")
# A job of five months ago, as if the workers had slept since.
OLD = """
with made as (
    insert into headrace.jobs_live (id, archived, app, type, name, status, root_id, created_at, ready_at)
    select id, false, 'crm', 'HANDLER', 'old', 'PENDING', id, $1, now()
    from (select headrace.uuid_v7($1) as id) ids returning *
)
insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
select (select last_value % 3 from headrace.job_ready_turn), app, queue, 1, ready_at, id from made
returning job_id as id
"""


async def months(pool: Pool, table: str) -> set[str]:
    """The months for which the table has a partition."""
    rows = await pool.fetch(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass",
        f"headrace.{table}",
    )
    return {row["relname"].removeprefix(f"{table}_") for row in rows}


async def month(pool: Pool, ahead: int, at: str = "now()") -> str:
    """The name of the month that is so many months away from a time."""
    row = await pool.fetchrow(
        f"select to_char(({at} at time zone 'UTC') + make_interval(months => $1), 'YYYY_MM') as name", ahead
    )
    assert row is not None
    return str(row["name"])


async def test_this_month_and_the_next_two_are_there(fresh_database: str) -> None:
    """After the migration already, though that may have been in the month before, and once more is no harm."""
    pool = await Pool.connect(fresh_database)
    migrated = "(select max(applied_at) from headrace.schema_migrations)"
    expected = {await month(pool, ahead, migrated) for ahead in range(3)} | {"default"}
    for table in TABLES:
        assert await months(pool, table) == expected
    await pool.execute(load("partitions_ensure"))
    expected |= {await month(pool, ahead) for ahead in range(3)}
    for table in TABLES:
        assert await months(pool, table) == expected
    await pool.close()


async def test_the_months_to_come_are_made(fresh_database: str) -> None:
    """Time goes on: from the view of a later day its own next months are made as well."""
    pool = await Pool.connect(fresh_database)
    await pool.execute(load("partitions_ensure"))
    await pool.execute("select headrace.ensure_partitions(now() + interval '5 months')")
    wanted = {await month(pool, ahead) for ahead in range(8) if ahead not in (3, 4)}
    for table in TABLES:
        assert await months(pool, table) >= wanted
    assert await pool.fetchrow("select headrace.ensure_partitions(now() + interval '5 months') = 0 as none") == (True,)
    await pool.close()


async def test_a_job_whose_month_has_no_partition_lives_and_ends(fresh_database: str) -> None:
    """Its rows go to the defaults; when its month is made they move over, and everything is still there."""
    pool = await Pool.connect(fresh_database)
    (row,) = await pool.fetch("select date_trunc('month', now()) - interval '5 months' + interval '9 days' as at")
    at: datetime = row["at"]
    (made,) = await pool.fetch(OLD, at)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    async with pool.transaction() as conn:
        await journal.append_lines(conn, [Line(claim.id, round(at.timestamp() * 1000), LogLevel.INFO, "hello")])
    await hand.finish(claim, results={"n": 1})
    assert claim.id == made["id"]
    places = "select c.relname as place from headrace.{} t join pg_class c on c.oid = t.tableoid where t.{} = $1"
    for table, key in (("jobs_history", "id"), ("job_results", "job_id"), ("job_logs", "job_id")):
        (before,) = await pool.fetch(places.format(table, key), claim.id)
        assert before["place"] == f"{table}_default"
    assert await pool.fetchrow("select headrace.ensure_partitions($1, 0) = $2 as all", at, len(TABLES)) == (True,)
    for table, key in (("jobs_history", "id"), ("job_results", "job_id"), ("job_logs", "job_id")):
        (after,) = await pool.fetch(places.format(table, key), claim.id)
        assert after["place"] == f"{table}_{at:%Y_%m}"
    assert (await get(pool, claim.id)).status == "FINISHED"
    await pool.close()


async def test_a_made_month_takes_new_jobs(fresh_database: str) -> None:
    """What is created after the move goes to the month's own partition, with its keys checked."""
    pool = await Pool.connect(fresh_database)
    job_id = await enqueue_one(pool)
    hand = await Hand.join(pool)
    await hand.finish(await hand.claim_one())
    (row,) = await pool.fetch(
        "select c.relname as place from headrace.jobs_history t join pg_class c on c.oid = t.tableoid where t.id = $1",
        job_id,
    )
    assert row["place"] == f"jobs_history_{await month(pool, 0)}"
    await pool.close()


async def kept(pool: Pool) -> set[str]:
    """The months that every table still has; they agree."""
    found = [await months(pool, table) - {"default"} for table in TABLES]
    assert all(names == found[0] for names in found)
    return found[0]


async def test_months_that_are_old_enough_are_dropped(fresh_database: str) -> None:
    """The month before the last is gone with everything of its jobs; younger ones stay, also those to come."""
    pool = await Pool.connect(fresh_database)
    await pool.execute("select headrace.ensure_partitions('2026-01-15Z', 4)")
    before = await kept(pool)
    # 60 days before 2026-04-15 is 2026-02-14: January has ended by then, February has not.
    (row,) = await pool.fetch("select headrace.drop_partitions(60, '2026-04-15Z') as dropped")
    assert row["dropped"] == 1
    assert await kept(pool) == before - {"2026_01"}
    await pool.close()


async def test_a_year_ends_as_any_month_does(fresh_database: str) -> None:
    """Months are made ahead into the next year, jobs of both sides are in theirs, and the old year goes first."""
    pool = await Pool.connect(fresh_database)
    await pool.execute("select headrace.ensure_partitions('2029-12-31 23:59:59Z')")
    years = {name for name in await kept(pool) if name >= "2029"}
    assert years == {"2029_12", "2030_01", "2030_02"}
    rows = await pool.fetch("""
        with made as (
            insert into headrace.jobs_history
                (id, archived, app, type, name, status, root_id, created_at, started_at, ended_at)
            select id, true, 'crm', 'HANDLER', 'old', 'FINISHED', id, at, at, at
            from unnest('{2029-12-31 23:59:59.999Z,2030-01-01 00:00:00Z}'::timestamptz[]) at,
                lateral (select headrace.uuid_v7(at) as id) ids
            returning tableoid, id
        ) select c.relname from made join pg_class c on c.oid = made.tableoid order by id""")
    assert [row["relname"] for row in rows] == ["jobs_history_2029_12", "jobs_history_2030_01"]
    await pool.execute("select headrace.drop_partitions(1, '2030-01-02 00:00:01Z')")
    assert {name for name in await kept(pool) if name >= "2029"} == years - {"2029_12"}
    await pool.close()


async def test_a_month_that_a_live_job_needs_stays(fresh_database: str) -> None:
    """While a job of the month is not over nothing of it goes, nor of the later ones, which may be its children's."""
    pool = await Pool.connect(fresh_database)
    await pool.execute("select headrace.ensure_partitions('2026-01-15Z', 4)")
    await pool.fetch(OLD, datetime.fromisoformat("2026-01-20T00:00:00+00:00"))
    before = await kept(pool)
    (row,) = await pool.fetch("select headrace.drop_partitions(1, '2026-04-15Z') as dropped")
    assert (row["dropped"], await kept(pool)) == (0, before)
    await pool.execute("delete from headrace.jobs_live")
    (row,) = await pool.fetch("select headrace.drop_partitions(1, '2026-04-15Z') as dropped")
    assert (row["dropped"], await kept(pool)) == (3, before - {"2026_01", "2026_02", "2026_03"})
    await pool.close()


async def test_a_month_in_use_is_left_for_later(fresh_database: str) -> None:
    """Whoever reads the month is not waited for, and nothing of it is half dropped."""
    pool = await Pool.connect(fresh_database)
    await pool.execute("select headrace.ensure_partitions('2026-01-15Z', 4)")
    before = await kept(pool)
    async with pool.transaction() as reader:
        await reader.fetch("select 1 from headrace.job_logs_2026_01")
        (row,) = await pool.fetch("select headrace.drop_partitions(1, '2026-02-15Z') as dropped")
        assert (row["dropped"], await kept(pool)) == (0, before)
    (row,) = await pool.fetch("select headrace.drop_partitions(1, '2026-02-15Z') as dropped")
    assert row["dropped"] == 1
    await pool.close()
