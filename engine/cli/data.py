"""`headrace record …`, `headrace user …`, `headrace app run`: jobs on an app's data, followed to their end."""

from __future__ import annotations

import argparse
import json
import mimetypes
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from engine import app
from engine.apps.manifest import Manifest
from engine.apps.store import load_manifest
from engine.cli import loop, params
from engine.cli.exits import Exit
from engine.cli.options import spelled
from engine.cli.output import Output
from engine.cli.run import follow
from engine.data import files
from engine.data.files import File
from engine.db.pool import Connection
from engine.errors import ConfigError
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.model import NewJob, check_name
from engine.settings import Loaded

Make = Callable[[Connection, Manifest, Requester], Awaitable[NewJob]]
CHUNK = 1 << 20


def import_records(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The rows of a file become records."""
    with _opened(given.file) as file:

        async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
            entity = manifest.entity(given.entity)
            return requests.import_records(by, entity, await _upload(conn, by.app, file), _options(given))

        return loop.run(_run(make, given, loaded, output))


def export_records(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Records become a file of the app."""
    query = _query(given.query)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        return requests.export_records(by, manifest.entity(given.entity), query, _options(given))

    return loop.run(_run(make, given, loaded, output))


def delete_records(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """What the query finds is deleted."""
    query = _query(given.query)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        return requests.delete_records(by, manifest.entity(given.entity), query, _options(given))

    return loop.run(_run(make, given, loaded, output))


def run_action(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """An action runs on what the query finds."""
    query, values = _query(given.query), params.parse(given.param)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        entity = manifest.entity(given.entity)
        return requests.run_action(by, entity.action(given.action), entity, query, values, _options(given))

    return loop.run(_run(make, given, loaded, output))


def run_global(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """An action of no entity runs."""
    values = params.parse(given.param)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        action = manifest.action(None, given.action)
        requests.check_global(action)
        return requests.run_action(by, action, None, {}, values, _options(given))

    return loop.run(_run(make, given, loaded, output))


def import_users(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The rows of a file become users."""
    with _opened(given.file) as file:

        async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
            return requests.import_users(by, await _upload(conn, by.app, file), given.notify, _options(given))

        return loop.run(_run(make, given, loaded, output))


def export_users(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The users become a file of the app."""

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        return requests.export_users(by, _options(given))

    return loop.run(_run(make, given, loaded, output))


async def _run(make: Make, given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The job and what it needs are there together, or not at all."""
    by = Requester(check_name("APP", given.app), None)
    async with app.open_database(loaded.settings, create=False) as database:
        async with database.pool.transaction() as conn:
            manifest = await load_manifest(conn, by.app)
            with spelled(entity="ENTITY", action="ACTION", query="--query", params="--param", name="FILE"):
                (job_id,) = await store.create(conn, [await make(conn, manifest, by)])
        return await follow(database.pool, loaded.settings, output, by.app, job_id, detach=given.detach)


def _options(given: argparse.Namespace) -> dict[str, Any]:
    return {"lowPriority": given.low_priority}


def _query(text: str | None) -> object:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigError.field("--query", text, """a JSON object, such as '{"type": "a"}'""")
    return found


def _opened(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise ConfigError.field("FILE", path, f"a file that can be read ({error.strerror})") from None


async def _upload(conn: Connection, app_name: str, file: BinaryIO) -> File:
    name = Path(file.name).name
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return await files.store(conn, app_name, name, _chunks(file), content_type=kind)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
