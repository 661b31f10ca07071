"""`headrace limit set`, `limit list` and `limit remove`: the operator's limits of apps and queues."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli import loop
from engine.cli.database import existing
from engine.cli.exits import Exit
from engine.cli.options import spelled
from engine.cli.output import Output
from engine.cli.table import table
from engine.cli.words import duration, duration_ms, number
from engine.errors import BadRequest
from engine.jobs import limits
from engine.jobs.limits import Declared, QueueLimit
from engine.settings import Loaded

_HEADER = ("APP", "QUEUE", "SOURCE", "CONCURRENCY", "RATE", "USED")


def set_limit(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The limit holds from now on; a lower one takes effect as jobs end."""
    return loop.run(_set(given, loaded, output))


async def _set(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    with spelled(app="--app", queue="--queue", concurrency="--concurrency", rate="--rate", per="--rate"):
        rate, per_ms = _rate(given.rate)
        limit = QueueLimit(_number(given.concurrency), rate, per_ms).check()
        async with existing(loaded) as pool, pool.acquire() as conn:
            one = await limits.set_limit(conn, given.app, given.queue, limit)
    return _said(one, "is limited to", output)


def _rate(text: str | None) -> tuple[Any, int | None]:
    """60/1m: so many starts per so much time."""
    if text is None:
        return None, None
    count, slash, per = text.partition("/")
    if not slash:
        raise BadRequest.field("--rate", text, "starts per time, such as 60/1m or 5/1s")
    return number(count), duration_ms("--rate", per)


def _number(text: str | None) -> Any:
    return None if text is None else number(text)


def list_limits(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """What operators and apps have declared, with how many jobs hold permits now."""
    return loop.run(_list(given, loaded, output))


async def _list(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    async with existing(loaded) as pool, pool.acquire() as conn:
        found = await limits.list_limits(conn, given.app)
    if output.as_json:
        output.document([_document(one) for one in found])
        return Exit.DONE
    if not found:
        output.note("there are no limits")
        return Exit.DONE
    for line in table(_HEADER, [_row(one) for one in found], width=output.width()):
        output.line(line)
    return Exit.DONE


def remove(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The operator's limit holds no more; what the app itself declared stays."""
    return loop.run(_remove(given, loaded, output))


async def _remove(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    with spelled(app="--app", queue="--queue"):
        async with existing(loaded) as pool, pool.acquire() as conn:
            one = await limits.remove_limit(conn, given.app, given.queue)
    return _said(one, "is no longer limited to", output)


def _said(one: Declared, what: str, output: Output) -> Exit:
    if output.as_json:
        output.document(_document(one))
        return Exit.DONE
    queue = f" queue {one.queue}" if one.queue else ""
    output.line(f"{one.app}{queue} {what} {_words(one.limit)}")
    return Exit.DONE


def _words(limit: QueueLimit) -> str:
    running = [] if limit.concurrency is None else [f"{limit.concurrency} running at once"]
    return " and ".join([*running, *([f"{_per(limit)} starts"] if limit.rate else [])])


def _per(limit: QueueLimit) -> str:
    return "" if limit.rate is None else f"{limit.rate}/{duration(limit.per_ms or 0)}"


def _row(one: Declared) -> list[str]:
    concurrency = "" if one.limit.concurrency is None else str(one.limit.concurrency)
    return [one.app, one.queue or "(all)", one.source, concurrency, _per(one.limit), str(one.used)]


def _document(one: Declared) -> dict[str, Any]:
    return {
        "app": one.app,
        "queue": one.queue or None,
        "source": one.source,
        "concurrency": one.limit.concurrency,
        "rate": one.limit.rate,
        "perMs": one.limit.per_ms,
        "used": one.used,
    }
