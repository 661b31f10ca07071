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
from engine.apps.folder import Check, load_folder
from engine.apps.push import push
from engine.db import migrate
from engine.db.pool import Pool
from engine.errors import HeadraceError
from engine.jobs import logs, search, store
from engine.model import Job, JobType, LogLine, NewJob
from engine.settings import Settings, load
from examples.demo_report import Report
from examples.demo_stories import IMPORT, LANGUAGES, SHOWS, Claim, Told, claims
from scripting.host import ScriptHost
from scripting.model import Language, Program

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
        await _push(settings, pool, report)
        async with _worker(settings, pool, report):
            await _wait_for_leftovers(pool, report)
            report.title(f"{IMPORT}: {SHOWS[IMPORT]}; then all other scripts at once, on {settings.slots} slots")
            told = [*await _tell(pool, [(IMPORT, ".js")], report), *await _tell(pool, _others(), report)]
        await _show_trees(pool, told, report)
        await _show_queries(pool, report)
        report.title("What was checked")
        good = report.checks({"data": await _data_claims(pool, told), **{one.file: [*claims(one)] for one in told}})
        jobs = sum(len(one.jobs) for one in told)
        report.line(f"\n{len(told)} scripts, {jobs} jobs, {time.monotonic() - began:.1f} s.")
        _show_ways_on(pool, report)
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


async def _push(settings: Settings, pool: Pool, report: Report) -> None:
    with report.step(f"Pushing {FOLDER.relative_to(ROOT)}") as notes:
        folder = load_folder(FOLDER)
        async with app.open_scripts(settings) as scripts, pool.acquire() as conn:
            done = await push(conn, folder, check=_checker(scripts))
        notes.append(f"version {done.version} with {done.scripts} scripts" + ("" if done.changed else ", unchanged"))


def _checker(scripts: ScriptHost) -> Check:
    async def compile(language: str, path: str, source: str) -> str | None:
        threw = await scripts.check(Program(Language(language), path, source))
        return None if threw is None else f"{path}:{threw.line}: {threw.message}"

    return compile


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
    query = search.JobQuery.parse({"type": "IMPORT_RECORDS", "status": "PENDING,RUNNING"})
    deadline = time.monotonic() + PATIENCE_S
    first = True
    while True:
        async with pool.acquire() as conn:
            left = (await search.find_page(conn, APP, query, limit=10)).jobs
        if not left:
            return
        if first:
            report.line("An import of an earlier run is not over; waiting for it")
            first = False
        _check_deadline(deadline, left)
        await asyncio.sleep(POLL_S)


def _check_deadline(deadline: float, left: Sequence[Job]) -> None:
    if time.monotonic() > deadline:
        names = ", ".join(f"{job.label} ({job.id}, {job.status})" for job in left)
        raise DemoFailed(f"not over after {PATIENCE_S:.0f} s: {names}")


def _others() -> list[tuple[str, str]]:
    return [(story, suffix) for story in SHOWS for suffix in LANGUAGES if (story, suffix) != (IMPORT, ".js")]


async def _tell(pool: Pool, stories: Sequence[tuple[str, str]], report: Report) -> list[Told]:
    """Runs the scripts of these stories at once, prints what they log, and returns when all of them are over."""
    names = [(story, f"{story}{suffix}") for story, suffix in stories]
    async with pool.transaction() as conn:
        ids = await store.create(conn, [_job(file) for _, file in names])
    await _follow(pool, dict(zip(ids, (file for _, file in names), strict=True)), report)
    async with pool.acquire() as conn:
        return [
            Told(story, file, await store.descendants(conn, APP, id), await store.results(conn, APP, id) or {})
            for (story, file), id in zip(names, ids, strict=True)
        ]


def _job(file: str) -> NewJob:
    path = FOLDER / "scripts" / file
    source = path.read_text(encoding="utf-8")
    spec = {"scriptName": file, "source": source, "language": LANGUAGES[path.suffix], "params": {}}
    return NewJob(app=APP, type=JobType.EXECUTE_SCRIPT, name=file, label=file, spec=spec)


async def _follow(pool: Pool, files: dict[UUID, str], report: Report) -> None:
    seen = dict.fromkeys(files, 0)
    left = set(files)
    deadline = time.monotonic() + PATIENCE_S
    while left:
        async with pool.acquire() as conn:
            jobs = [await store.get(conn, APP, id) for id in files if id in left]
            # Read after the status, so that a script's last lines are there when it is over.
            for job in jobs:
                for line in await logs.newer(conn, job.id, seen[job.id]):
                    seen[job.id] = line.n
                    report.said(files[job.id], line)
                if not job.status.is_final:
                    report.progress(files[job.id], job)
        left -= {job.id for job in jobs if job.status.is_final}
        _check_deadline(deadline, [job for job in jobs if job.id in left])
        await asyncio.sleep(POLL_S)


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
        report.table(list(rows[0].keys()) if rows else ["(no rows)"], [list(row.values()) for row in rows])


async def _data_claims(pool: Pool, told: Sequence[Told]) -> list[Claim]:
    """The import's own numbers, today's or those of the run that brought the data in, against the file."""
    with (FOLDER / "data" / "companies.csv").open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    query = search.JobQuery.parse({"type": "IMPORT_RECORDS", "status": "FINISHED"})
    async with pool.acquire() as conn:
        imports = (await search.find_page(conn, APP, query, limit=1)).jobs
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


def _show_ways_on(pool: Pool, report: Report) -> None:
    report.line("Run it again: the data stays, so it takes seconds. The history is plain SQL in headrace.jobs.")


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
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not good:
        print("demo: not everything is as it should be; see FAILED above", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
