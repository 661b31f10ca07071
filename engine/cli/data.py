"""`headrace record …`, `headrace user …`, `headrace app run`: jobs on an app's data, followed to their end."""

from __future__ import annotations

import argparse
import json
import mimetypes
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from engine import app
from engine.apps.manifest import Manifest
from engine.apps.store import load_manifest
from engine.cli import download, job_options, loop, params
from engine.cli.download import Target
from engine.cli.exits import Exit
from engine.cli.options import spelled
from engine.cli.output import Output
from engine.cli.run import follow
from engine.data import files
from engine.data.files import File
from engine.db.pool import Connection, Pool
from engine.errors import ConfigError
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.model import NewJob, check_name
from engine.settings import Loaded, Settings

Make = Callable[[Connection, Manifest, Requester], Awaitable[NewJob]]
CHUNK = 1 << 20
_SPELLED = {
    "entity": "ENTITY",
    "action": "ACTION",
    "query": "--query",
    "params": "--param",
    "name": "FILE",
    **job_options.SPELLED,
}


def import_records(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The rows of a file become records."""
    with _opened(given.file) as file:

        async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
            entity = manifest.entity(given.entity)
            return requests.import_records(by, entity, await _upload(conn, by.app, file), job_options.read(given))

        return loop.run(_run(make, given, loaded, output))


def export_records(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Records become a file of the app."""
    query = _query(given.query)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        return requests.export_records(by, manifest.entity(given.entity), query, job_options.read(given))

    return _export(make, given, loaded, output)


def delete_records(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """What the query finds is deleted."""
    query = _query(given.query)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        return requests.delete_records(by, manifest.entity(given.entity), query, job_options.read(given))

    return loop.run(_run(make, given, loaded, output))


def run_action(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """An action runs on what the query finds."""
    query, values = _query(given.query), params.parse(given.param)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        entity = manifest.entity(given.entity)
        return requests.run_action(by, entity.action(given.action), entity, query, values, job_options.read(given))

    return loop.run(_run(make, given, loaded, output))


def run_global(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """An action of no entity runs."""
    values = params.parse(given.param)

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        action = manifest.action(None, given.action)
        requests.check_global(action)
        return requests.run_action(by, action, None, {}, values, job_options.read(given))

    return loop.run(_run(make, given, loaded, output))


def import_users(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The rows of a file become users."""
    with _opened(given.file) as file:

        async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
            return requests.import_users(by, await _upload(conn, by.app, file), given.notify, job_options.read(given))

        return loop.run(_run(make, given, loaded, output))


def export_users(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The users become a file of the app."""

    async def make(conn: Connection, manifest: Manifest, by: Requester) -> NewJob:
        return requests.export_users(by, job_options.read(given))

    return _export(make, given, loaded, output)


def _export(make: Make, given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Like `_run`; what the job exported is also written to `--output`, whose stdout has nothing else in it."""
    to_stdout = given.output == download.STDOUT
    if to_stdout and output.as_json:
        raise ConfigError.field("--output", given.output, "a file, since --json has stdout")
    with download.target(given.output) as target:
        shown = Output(as_json=False, out=sys.stderr) if to_stdout else output
        return loop.run(_run(make, given, loaded, shown, target))


async def _run(
    make: Make, given: argparse.Namespace, loaded: Loaded, output: Output, target: Target | None = None
) -> Exit:
    """The job and what it needs are there together, or not at all."""
    by = Requester(check_name("APP", given.app), None)
    async with app.open_database(loaded.settings, create=False) as database:
        async with database.pool.transaction() as conn:
            manifest = await load_manifest(conn, by.app)
            with spelled(**_SPELLED):
                job_id = await _create(conn, await make(conn, manifest, by))
        code = await follow(database.pool, loaded.settings, output, by.app, job_id, detach=given.detach)
        if target is not None:
            await _download(database.pool, loaded.settings, output, by.app, job_id, target)
    return code


async def _create(conn: Connection, new: NewJob) -> UUID:
    """The new job's id, or that of the live one with its unique key, which needs no file of ours."""
    (job_id,) = await store.create(conn, [new])
    file_id = new.spec.get("fileId")
    if file_id is not None and (await store.get(conn, new.app, job_id)).spec.get("fileId") != file_id:
        await files.remove(conn, new.app, UUID(file_id))
    return job_id


async def _download(
    pool: Pool, settings: Settings, output: Output, app_name: str, job_id: UUID, target: Target
) -> None:
    async with pool.acquire() as conn:
        left = await store.results(conn, app_name, job_id) or {}
    if "fileId" in left:
        size = await target.fill(pool, settings, app_name, UUID(left["fileId"]))
        output.note(f"{size:,} bytes written")


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
