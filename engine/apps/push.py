"""Putting an app's folder into PostgreSQL as its next version: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from engine.apps.folder import AppFolder, Check, DataFile, check_scripts, refusal
from engine.apps.manifest import Manifest
from engine.apps.store import load_manifest
from engine.data import files, indexes
from engine.db.pool import Connection
from engine.db.sql import load
from engine.jobs import limits


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a push did; `changed` is false if the folder is what the current version was made of.

    A version that is `waiting` becomes the current one by a START_APP with pushChanges.
    """

    app: str
    version: int
    changed: bool
    scripts: int
    files: int
    waiting: bool = False


Also = Callable[[Connection], Awaitable[None]]


async def push(
    conn: Connection,
    folder: AppFolder,
    *,
    by: str | None = None,
    check: Check | None = None,
    also: Also | None = None,
    wait: bool = False,
) -> PushResult:
    """The folder as the app's current version: the next one, or the one that is there if nothing changed.

    With `wait` it becomes the version that waits, in place of an older one that did, unless it is the app's first;
    data files are there at once.

    `check` looks at every script before anything is written; `also` is done in the same transaction, unless the
    version waits. Jobs that are under way stay on their version.
    ConfigError if a script does not compile or a data file changes meanwhile; then nothing is pushed.
    """
    if check is not None:
        await check_scripts(folder, check)
    app = folder.manifest.name
    async with conn.transaction():
        current: int = await conn.fetchval(load("app_lock"), app, folder.manifest.label)
        version = await _store_version(conn, folder, current, by, wait=wait)
        waiting = wait and 0 < current < version
        if not waiting:
            await _make_current(conn, app, current, version, folder.manifest)
            if also is not None:
                await also(conn)
        uploaded = [await _upload(conn, app, file, folder) for file in folder.files]
    if folder.manifest.queues and not waiting:
        await limits.settle(conn, app)
    return PushResult(app, version, version != current, len(folder.scripts), sum(uploaded), waiting)


async def push_waiting(conn: Connection, app: str) -> int | None:
    """Makes the version that waits the current one; None if none does. In a transaction; `limits.settle` behind it."""
    current: int | None = await conn.fetchval(load("app_hold"), app)
    newest: int = await conn.fetchval(load("app_newest"), app)
    if current is None or newest <= current:
        return None
    await _make_current(conn, app, current, newest, await load_manifest(conn, app, newest))
    return newest


async def _store_version(conn: Connection, folder: AppFolder, current: int, by: str | None, *, wait: bool) -> int:
    """The version that is made of this folder: the current one, the newest one, or a new one behind it."""
    app = folder.manifest.name
    newest: int = await conn.fetchval(load("app_newest"), app)
    for known in (newest,) if wait else (current, newest):
        if await conn.fetchval(load("app_version_sha256"), app, known) == folder.sha256:
            return known
    await _insert_version(conn, folder, newest + 1, by)
    return newest + 1


async def _make_current(conn: Connection, app: str, current: int, version: int, manifest: Manifest) -> None:
    if version != current:
        await conn.fetchval(load("app_set_version"), app, current, version)
        await conn.execute(load("listeners_declare"), app)
    await limits.declare(conn, app, {name: queue.limit for name, queue in manifest.queues.items()})
    await indexes.declare(conn, manifest)


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
