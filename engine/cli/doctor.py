"""`headrace doctor`: looks at everything that has to hold, and says what to do where it does not."""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from engine import __version__, app
from engine.apps import store
from engine.cli import loop
from engine.cli.database import place
from engine.cli.exits import Exit
from engine.cli.output import Output
from engine.cli.table import table
from engine.db import migrate
from engine.db.embedded_binaries import OLDEST_MAJOR
from engine.db.pool import Pool
from engine.db.sql import load
from engine.errors import HeadraceError
from engine.jobs import liveness
from engine.settings import Loaded, Settings

# From here on PostgreSQL makes no large object in a read-only transaction.
READ_ONLY_MAJOR = 16
_STYLES = {"ok": "green", "note": "yellow", "wrong": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `ok`, `note` (works, but worth knowing) or `wrong`."""

    what: str
    state: str
    detail: str


def doctor(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Exit.ERRORS if anything is wrong."""
    findings = loop.run(_look(loaded))
    if output.as_json:
        output.document([asdict(finding) for finding in findings])
    else:
        _print(findings, output)
    return Exit.ERRORS if any(finding.state == "wrong" for finding in findings) else Exit.DONE


def _print(findings: Sequence[Finding], output: Output) -> None:
    def paint(column: int, text: str, row: Sequence[str]) -> str:
        return output.paint(text, _STYLES[row[0]]) if column == 0 else text

    for line in table(["", "WHAT", "FOUND"], [[f.state, f.what, f.detail] for f in findings], paint=paint):
        output.line(line)


async def _look(loaded: Loaded) -> list[Finding]:
    database, sandbox = await asyncio.gather(_database(loaded.settings), _sandbox(loaded.settings))
    return [*_here(loaded), *database, *sandbox]


def _here(loaded: Loaded) -> list[Finding]:
    python = f"Python {platform.python_version()} on {platform.system()} {platform.release()} ({sys.executable})"
    origins = sorted({origin for origin in loaded.origins.values() if origin != "default"})
    settings = loaded.settings
    found = [
        Finding("headrace", "ok", f"{__version__}, {python}"),
        Finding("settings", "ok", f"from {', '.join(origins)}" if origins else "all defaults"),
    ]
    if settings.stale_ms < 3 * settings.heartbeat_ms:
        detail = f"stale_ms {settings.stale_ms} is less than three heartbeats of {settings.heartbeat_ms} ms: "
        found.append(Finding("settings", "note", f"{detail}a slow worker may be taken for dead"))
    return found


async def _database(settings: Settings) -> list[Finding]:
    try:
        async with app.open_database(settings, create=False, check_schema=False) as database:
            return [Finding("database", "ok", place(settings)), *await _inside(database.pool, settings)]
    except HeadraceError as error:
        return [Finding("database", "wrong", error.message)]


async def _inside(pool: Pool, settings: Settings) -> list[Finding]:
    async with pool.acquire() as conn:
        version = conn.get_server_version()
    number = f"{version.major}.{version.minor}"
    if version.major < OLDEST_MAJOR:
        return [Finding("postgres", "wrong", f"{number}; Headrace needs {OLDEST_MAJOR} or newer")]
    found = [Finding("postgres", "ok", number)]
    try:
        await migrate.check(pool)
    except HeadraceError as error:
        return [*found, Finding("schema", "wrong", error.message)]
    found.append(Finding("schema", "ok", f"version {await migrate.applied_version(pool)}, the one of this code"))
    async with pool.acquire() as conn:
        apps = await store.list_apps(conn)
        workers = await liveness.workers(conn, stale_ms=settings.stale_ms)
        makers = await conn.fetch(load("large_object_makers")) if version.major < READ_ONLY_MAJOR else []
    found.append(Finding("apps", "ok", ", ".join(f"{one.name} {one.version}" for one in apps) or "none pushed yet"))
    return [*found, *_makers(makers), *_workers(workers)]


def _makers(rows: Sequence[Mapping[str, str]]) -> list[Finding]:
    """Statements of apps are read-only transactions, in which older servers let them make large objects."""
    if not rows:
        return []
    functions = ", ".join(row["function"] for row in rows)
    closed = f"revoke execute on function {functions} from public"
    granted = f"grant execute on function lo_create(oid) to {rows[0]['owner']}"
    detail = "statements of apps (DATABASE_ACTION) can make large objects of their own, and fill the disk"
    untrusted = "where apps' authors are not trusted, a superuser runs"
    return [Finding("large objects", "note", f"{detail}; {untrusted}: {closed}; {granted}")]


def _workers(workers: Sequence[liveness.WorkerState]) -> list[Finding]:
    if not workers:
        return [Finding("workers", "note", "none is alive: `headrace worker` or `headrace dev` starts one")]
    return [
        Finding(
            "worker",
            "ok" if worker.version == __version__ else "note",
            f"{worker.name}, version {worker.version}, {worker.used} of {worker.slots} slots in use"
            + (", draining" if worker.draining else ""),
        )
        for worker in workers
    ]


async def _sandbox(settings: Settings) -> list[Finding]:
    try:
        layers = asdict(await app.sandbox_layers())
    except HeadraceError as error:
        return [Finding("sandbox", "wrong", error.message)]
    missing = [name for name, holds in layers.items() if not holds]
    held = ", ".join(name for name, holds in layers.items() if holds) or "none"
    if not missing:
        return [Finding("sandbox", "ok", f"all layers hold: {held}")]
    detail = f"does not hold: {', '.join(missing)}; holds: {held}"
    if layers["seccomp"]:
        return [Finding("sandbox", "note", detail)]
    if settings.unsafe_scripts:
        return [Finding("sandbox", "note", f"{detail}; unsafe_scripts lets scripts run all the same")]
    return [Finding("sandbox", "wrong", f"{detail}; workers refuse to run scripts here (setting unsafe_scripts)")]
