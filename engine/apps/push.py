"""Putting an app's folder into PostgreSQL as its next version: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.apps.folder import AppFolder, Check, DataFile, check_scripts, refusal
from engine.data import files, indexes
from engine.db.pool import Connection
from engine.db.sql import load
from engine.jobs import limits


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a push did; `changed` is false if the folder is what the current version was made of."""

    app: str
    version: int
    changed: bool
    scripts: int
    files: int


Also = Callable[[Connection], Awaitable[None]]


async def push(
    conn: Connection, folder: AppFolder, *, by: str | None = None, check: Check | None = None, also: Also | None = None
) -> PushResult:
    """The folder as the app's current version: the next one, or the one that is there if nothing changed.

    `check` looks at every script before anything is written; `also` is done in the same transaction. Jobs that are
    under way stay on their version.
    ConfigError if a script does not compile or a data file changes meanwhile; then nothing is pushed.
    """
    if check is not None:
        await check_scripts(folder, check)
    app = folder.manifest.name
    async with conn.transaction():
        current: int = await conn.fetchval(load("app_lock"), app, folder.manifest.label)
        changed = await conn.fetchval(load("app_version_sha256"), app, current) != folder.sha256
        version = current + 1 if changed else current
        if changed:
            await _insert_version(conn, folder, version, by)
            await conn.fetchval(load("app_set_version"), app, current, version)
            await conn.execute(load("listeners_declare"), app)
        await limits.declare(conn, app, {name: queue.limit for name, queue in folder.manifest.queues.items()})
        if also is not None:
            await also(conn)
        await indexes.declare(conn, folder.manifest)
        uploaded = [await _upload(conn, app, file, folder) for file in folder.files]
    if folder.manifest.queues:
        await limits.settle(conn, app)
    return PushResult(app, version, changed, len(folder.scripts), sum(uploaded))


async def _insert_version(conn: Connection, folder: AppFolder, version: int, by: str | None) -> None:
    app, manifest = folder.manifest.name, folder.manifest.to_json()
    await conn.execute(load("app_version_insert"), app, version, folder.sha256, manifest, by)
    await conn.execute(
        load("app_scripts_insert"),
        app,
        version,
        [script.path for script in folder.scripts],
        [script.language for script in folder.scripts],
        [script.source for script in folder.scripts],
    )


async def _upload(conn: Connection, app: str, file: DataFile, folder: AppFolder) -> bool:
    """Whether the file was uploaded; not if the latest one of its name has the same bytes."""
    latest = await files.find(conn, app, file.name)
    if latest is not None and latest.sha256 == file.sha256:
        return False
    stored = await files.store(conn, app, file.name, file.chunks(), content_type=file.content_type)
    if stored.sha256 != file.sha256:
        raise refusal(folder.path, [f"{file.name}: changed while it was being pushed; push again"])
    return True
