"""The demo: `python3 dev.py demo` runs the example app's scripts, shows what happened, and checks that it did.

It works on the embedded PostgreSQL in .headrace, or on the server of DATABASE_URL, whose schema it brings up to
date and whose app `crm` becomes the example's. The exit code is 1 where something is not as it should be.
"""

from __future__ import annotations

import asyncio
import csv
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from engine import app
from engine.apps import states
from engine.apps.folder import Script, load_folder
from engine.apps.push import push
from engine.apps.source import read_script
from engine.db import migrate
from engine.db.pool import Pool
from engine.errors import HeadraceError
from engine.jobs import logs, search, store
from engine.jobs.requests import Requester, run_source
from engine.jobs.watch import watch
from engine.model import Job, LogLine, NewJob
from engine.settings import Settings, load
from examples.demo_report import Report
from examples.demo_stories import IMPORT, LANGUAGES, SHOWS, Claim, Told, claims
from examples.demo_types import tour

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "examples" / "crm"
QUERIES = ROOT / "examples" / "queries"
APP = "crm"
POLL_S = 0.2
PATIENCE_S = 600.0
USAGE = "usage: python3 dev.py demo"


class DemoFailed(Exception):
    """The demo cannot go on; the text says why and what to do."""


async def demo(report: Report) -> bool:
    """Whether all that was shown is as it should be."""
    began = time.monotonic()
    settings = _settings()
    async with _database(settings, report) as pool:
        await _push(pool, report)
        async with _worker(settings, pool, report):
            await _wait_for_leftovers(pool, report)
            report.title(f"{IMPORT}: {SHOWS[IMPORT]}; then all other scripts at once, on {settings.slots} slots")
            told = [*await _tell(pool, [(IMPORT, ".js")], report), *await _tell(pool, _others(), report)]
            report.title("One job of each type")
            types = await tour(pool, settings, report)
        await _show_trees(pool, told, report)
        await _show_queries(pool, report)
        report.title("What was checked")
        stories = {one.file: [*claims(one)] for one in told}
        good = report.checks({"data": await _data_claims(pool, told), **stories, "types": types})
        jobs = sum(len(one.jobs) for one in told)
        report.line(f"\n{len(told)} scripts, {jobs} jobs, {time.monotonic() - began:.1f} s.")
        _show_ways_on(report)
    return good


def _settings() -> Settings:
    loaded = load(folder=ROOT)
    own = loaded.origins["data_dir"] == "default"
    return replace(loaded.settings, data_dir=ROOT / ".headrace") if own else loaded.settings


@asynccontextmanager
async def _database(settings: Settings, report: Report) -> AsyncIterator[Pool]:
    embedded = settings.database_url is None
    async with AsyncExitStack() as stack:
        with report.step(
            f"PostgreSQL, embedded in {settings.data_dir}" if embedded else "The PostgreSQL of the settings"
        ):
            database = await stack.enter_async_context(app.open_database(settings, check_schema=False))
            await migrate.migrate(database.pool)
            await migrate.check(database.pool)
        yield database.pool


async def _push(pool: Pool, report: Report) -> None:
    with report.step(f"Pushing {FOLDER.relative_to(ROOT)}") as notes:
        folder = load_folder(FOLDER)
        async with app.open_check() as check, pool.acquire() as conn:
            done = await push(conn, folder, check=check)
            async with conn.transaction():
                # A demo that was killed may have left it stopped.
                await states.start(conn, APP)
        notes.append(f"version {done.version} with {done.scripts} scripts" + ("" if done.changed else ", unchanged"))


@asynccontextmanager
async def _worker(settings: Settings, pool: Pool, report: Report) -> AsyncIterator[None]:
    """A worker works while the block lasts; its failure ends the block."""
    async with app.open_worker(settings, pool) as worker:
        with report.step(f"A worker with {settings.slots} slots"):
            owner = asyncio.current_task()
            assert owner is not None
            working = asyncio.create_task(worker.run())
            working.add_done_callback(lambda ended: owner.cancel() if _failure(ended) else None)
            await worker.ready.wait()
        try:
            yield
        except asyncio.CancelledError:
            if (error := _failure(working)) is not None:
                raise DemoFailed(f"the worker failed: {error}") from error
            raise
        finally:
            worker.stop()
            await asyncio.wait([working])


def _failure(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


async def _wait_for_leftovers(pool: Pool, report: Report) -> None:
    """An import that a killed demo left behind goes on by itself; two at once would refuse each other's rows."""
    said = False
    async with asyncio.timeout(PATIENCE_S):
        while await _imports(pool, "PENDING,RUNNING"):
            if not said:
                report.line("An import of an earlier run is not over; waiting for it")
            said = True
            await asyncio.sleep(POLL_S)


async def _imports(pool: Pool, status: str) -> list[Job]:
    """The imports of companies in one of these statuses, the latest first."""
    query = search.JobQuery.parse({"type": "IMPORT_RECORDS", "status": status})
    async with pool.acquire() as conn:
        page = await search.find_page(conn, APP, query, limit=1000)
    return [job for job in page.jobs if job.name == "companies"]


def _others() -> list[tuple[str, str]]:
    return [(story, suffix) for story in SHOWS for suffix in LANGUAGES if (story, suffix) != (IMPORT, ".js")]


async def _tell(pool: Pool, stories: Sequence[tuple[str, str]], report: Report) -> list[Told]:
    """Runs the scripts of these stories at once, prints what they log, and returns when all of them are over."""
    files = [f"{story}{suffix}" for story, suffix in stories]
    jobs = [_job(file) for file in files]
    async with pool.transaction() as conn:
        ids = await store.create(conn, jobs)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(_follow(pool, id, file, report) for id, file in zip(ids, files, strict=True)))
    except TimeoutError:
        raise DemoFailed(f"not over after {PATIENCE_S:.0f} s; see `headrace job list`") from None
    async with pool.acquire() as conn:
        return [
            Told(story, file, await store.descendants(conn, APP, id), await store.results(conn, APP, id) or {})
            for (story, _), file, id in zip(stories, files, ids, strict=True)
        ]


def _job(file: str) -> NewJob:
    language, source = read_script(FOLDER / "scripts" / file)
    return run_source(Requester(APP, run_by=None), Script(file, language, source), {}, {})


async def _follow(pool: Pool, job_id: UUID, file: str, report: Report) -> None:
    async for seen in watch(pool, APP, job_id, poll_s=POLL_S):
        for line in seen.lines:
            report.said(file, line)
        if not seen.over:
            report.progress(file, seen.job)


async def _show_trees(pool: Pool, told: Sequence[Told], report: Report) -> None:
    report.title("The trees of jobs, with their logs")
    for one in told:
        async with pool.acquire() as conn:
            lines: dict[UUID, list[LogLine]] = {job.id: await logs.newer(conn, job.id, 0) for job in one.jobs}
        report.tree(one.jobs, lines)
        report.line()


async def _show_queries(pool: Pool, report: Report) -> None:
    for path in sorted(QUERIES.glob("*.sql")):
        report.title(str(path.relative_to(ROOT)))
        sql = path.read_text(encoding="utf-8")
        report.line("\n".join(f"  {line}" for line in sql.rstrip().splitlines()) + "\n")
        rows = await pool.fetch(sql.rstrip().rstrip(";"))
        report.rows(list(rows[0].keys()) if rows else ["(no rows)"], [list(row.values()) for row in rows])


async def _data_claims(pool: Pool, told: Sequence[Told]) -> list[Claim]:
    """The import's own numbers, today's or those of the run that brought the data in, against the file."""
    with (FOLDER / "data" / "companies.csv").open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    imports = await _imports(pool, "FINISHED")
    async with pool.acquire() as conn:
        left = await store.results(conn, APP, imports[0].id) if imports else None
    imported, bad = ((left or {}).get(key, 0) for key in ("rowsImported", "rowsWithErrors"))
    counted = {one.file: one.response for one in told if one.story == IMPORT}
    return [
        Claim(
            f"the import took all {rows:,} rows of the file: {imported:,} imported, {bad:,} with errors",
            imported + bad == rows and imported > 0,
            f"{imported:,} and {bad:,}",
        ),
        Claim(
            f"both languages count {imported:,} companies",
            set(counted.values()) == {imported},
            f"{counted}; if companies were added or removed by hand, start afresh: rm -r .headrace",
        ),
    ]


def _show_ways_on(report: Report) -> None:
    report.line("\nWays on; `headrace` is in .venv/bin:")
    report.line("  headrace job list                              what ran")
    report.line("  headrace run examples/crm/scripts/chunks.py    run a script as a job, with its logs and its result")
    report.line("  headrace dev                                   a database and a worker, until Ctrl-C")
    report.line("  docs/getting-started.md                        the first script and the first app of your own")


def main() -> int:
    """The exit code: 0 if everything is as it should be, 1 if not, 2 for a wrong command line."""
    if sys.argv[1:]:
        print(f"demo: takes no arguments, and got: {' '.join(sys.argv[1:])}\n{USAGE}", file=sys.stderr)
        return 2
    report = Report()
    try:
        good = asyncio.run(demo(report))
    except (DemoFailed, HeadraceError, OSError) as error:
        report.line()
        print(f"demo: {error or 'an import of an earlier run does not end; see `headrace job list`'}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not good:
        print("demo: not everything is as it should be; see FAILED above", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
