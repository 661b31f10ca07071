"""`headrace schedule …`: jobs that the clock starts."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from engine.apps.store import AppCache
from engine.cli import loop, params
from engine.cli.database import existing
from engine.cli.exits import Exit
from engine.cli.options import spelled
from engine.cli.output import Output, flat
from engine.cli.table import table
from engine.cli.words import duration, duration_ms, exact, local, number, to_ms
from engine.db.pool import Connection
from engine.jobs import filters
from engine.model import check_name
from engine.schedule import store
from engine.schedule.checks import makeable
from engine.schedule.documents import run_document, schedule_document
from engine.schedule.model import Missed, Overlap, Plan, RunRow, Schedule
from engine.settings import Loaded

_HEADER = ("TAG", "STATE", "WHEN", "RUNS", "LAST", "NEXT", "EVENT")
_RUNS_HEADER = ("DUE", "OUTCOME", "JOB", "")
_OPTIONS = {
    "eventTag": "EVENT",
    "tag": "TAG",
    "name": "--name",
    "interval": "--every",
    "cron": "--cron",
    "timezone": "--timezone",
    "executions": "--executions",
    "start": "--start",
    "end": "--end",
    "jitter": "--jitter",
    "missedAfter": "--missed-after",
}
T = TypeVar("T")
Work = Callable[[Connection], Awaitable[Schedule]]


def create(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """A new schedule; what it is to start is checked."""
    kind = makeable("TYPE", given.type)
    named = {
        "tag": given.tag,
        "name": given.tag if given.name is None else given.name,
        "event_type": kind,
        "event_tag": given.event,
    }
    plan = Plan(**{**named, **_changes(given)})

    async def work(conn: Connection) -> Schedule:
        return await store.create(conn, await AppCache().get(conn, given.app), plan, run_by=given.user)

    return _command(given, loaded, output, work)


def update(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Changes what was given, from the next run on."""
    kind = {} if given.type is None else {"event_type": makeable("--type", given.type)}
    named = {"name": given.name, "event_tag": given.event}
    changes = {**kind, **{key: value for key, value in named.items() if value is not None}, **_changes(given)}

    async def work(conn: Connection) -> Schedule:
        return await store.update(conn, await AppCache().get(conn, given.app), given.tag, changes)

    return _command(given, loaded, output, work)


def _changes(given: argparse.Namespace) -> dict[str, Any]:
    """The fields of a plan that options were given for."""
    now = datetime.now(UTC)
    made: Mapping[str, tuple[str | None, Callable[[str], Any]]] = {
        "cron": (given.cron, str),
        "timezone": (given.timezone, str),
        "interval_ms": (given.every, lambda text: duration_ms("--every", text)),
        "executions": (given.executions, lambda text: filters.whole("--executions", number(text))),
        "start_at": (given.start, lambda text: _bound("--start", text, now)),
        "end_at": (given.end, lambda text: _bound("--end", text, now)),
        "jitter_ms": (given.jitter, lambda text: duration_ms("--jitter", text)),
        "missed": (given.missed, lambda text: filters.member("--missed", text, Missed)),
        "missed_after_ms": (given.missed_after, lambda text: duration_ms("--missed-after", text)),
        "overlap": (given.overlap, lambda text: filters.member("--overlap", text, Overlap)),
    }
    found = {name: make(text) for name, (text, make) in made.items() if text is not None}
    return {**found, "params": params.parse(given.param)} if given.param else found


def _bound(option: str, text: str, now: datetime) -> datetime | None:
    """`none` takes a bound away."""
    return None if text == "none" else filters.at(to_ms(option, text, now))


def pause(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """No runs until it is resumed."""
    return _command(given, loaded, output, lambda conn: store.pause(conn, given.app, given.tag))


def resume(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Goes on with the first run after now."""
    return _command(given, loaded, output, lambda conn: store.resume(conn, given.app, given.tag))


def remove(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The schedule goes, its jobs stay."""
    return _command(given, loaded, output, lambda conn: store.remove(conn, given.app, given.tag), gone=True)


def show(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """One schedule with all that it has."""
    return _command(given, loaded, output, lambda conn: store.fetch(conn, given.app, given.tag))


def _command(given: argparse.Namespace, loaded: Loaded, output: Output, work: Work, *, gone: bool = False) -> Exit:
    async def run() -> Exit:
        check_name("--app", given.app)
        async with existing(loaded) as pool:
            with spelled(**_OPTIONS):
                schedule = await pool.run(work)
        if output.as_json:
            output.document(schedule_document(schedule))
        elif gone:
            output.line(f"{schedule.plan.tag} removed")
        else:
            for line in _lines(schedule):
                output.line(line)
        return Exit.DONE

    return loop.run(run())


def list_schedules(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The app's schedules by tag."""
    now = datetime.now(UTC)
    return _listing(
        *(given, loaded, output),
        read=lambda conn, app, size: store.fetch_page(conn, app, limit=size),
        document=schedule_document,
        header=_HEADER,
        row=lambda one: _row(one, now),
        none=f"app {given.app} has no schedules",
    )


def runs(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """What became of a schedule's runs, the newest first."""

    async def read(conn: Connection, app: str, size: int) -> list[RunRow]:
        return await store.runs(conn, await store.fetch(conn, app, given.tag), limit=size)

    return _listing(
        *(given, loaded, output),
        read=read,
        document=run_document,
        header=_RUNS_HEADER,
        row=_run_row,
        none=f"schedule {given.tag} has had no runs",
    )


def _listing(
    given: argparse.Namespace,
    loaded: Loaded,
    output: Output,
    *,
    read: Callable[[Connection, str, int], Awaitable[list[T]]],
    document: Callable[[T], dict[str, Any]],
    header: Sequence[str],
    row: Callable[[T], list[str]],
    none: str,
) -> Exit:
    """What `read` finds, as documents or as a table; `none` says that it finds nothing."""

    async def run() -> Exit:
        app, size = check_name("--app", given.app), filters.whole("--size", number(given.size), low=1, high=100_000)
        async with existing(loaded) as pool, pool.acquire() as conn:
            found = await read(conn, app, size)
        if output.as_json:
            output.document([document(one) for one in found])
        elif not found:
            output.note(none)
        else:
            for line in table(header, [row(one) for one in found], width=output.width()):
                output.line(line)
        return Exit.DONE

    return loop.run(run())


def _when(plan: Plan) -> str:
    if plan.cron is not None:
        return f"{plan.cron} {plan.timezone}"
    assert plan.interval_ms is not None
    return f"every {duration(plan.interval_ms)}"


def _event(plan: Plan) -> str:
    return f"{plan.event_type.value} {flat(plan.event_tag)}"


def _count(schedule: Schedule) -> str:
    plan = schedule.plan
    return f"{schedule.executed}/{plan.executions}" if plan.executions else str(schedule.executed)


def _row(schedule: Schedule, now: datetime) -> list[str]:
    plan = schedule.plan
    last, following = local(schedule.last_due_at, now), local(schedule.next_at, now)
    return [plan.tag, schedule.state, _when(plan), _count(schedule), last, following, _event(plan)]


def _run_row(run: RunRow) -> list[str]:
    note = run.error or ("" if run.until_at is None else f"and all until {exact(run.until_at)}")
    return [exact(run.due_at), run.outcome.value, str(run.job_id or "-"), flat(note)]


def _lines(schedule: Schedule) -> list[str]:
    plan = schedule.plan
    facts = {
        "tag": plan.tag,
        "name": flat(plan.name),
        "state": schedule.state,
        "event": _event(plan),
        "when": _when(plan),
        "runs": _count(schedule),
        "last": exact(schedule.last_due_at),
        "next": exact(schedule.next_at),
        "start": exact(plan.start_at),
        "end": exact(plan.end_at),
        "jitter": duration(plan.jitter_ms),
        "missed": f"{plan.missed.value}, after {duration(plan.missed_after_ms)}",
        "overlap": plan.overlap.value,
        "run by": flat(schedule.run_by or "-"),
    }
    return [f"{name:8} {value}" for name, value in facts.items()]
