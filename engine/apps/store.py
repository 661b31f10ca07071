"""Reading apps back: the manifest and the scripts of a version, and a cache of whole versions.

A version never changes, so a cached one is never stale; only "which version is current" is asked each time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.apps.folder import Script
from engine.apps.manifest import Manifest
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import NotFound


@dataclass(frozen=True, slots=True)
class App:
    """One version of an app: what it declares, and its scripts by path."""

    name: str
    version: int
    manifest: Manifest
    scripts: Mapping[str, Script]

    def script(self, path: str) -> Script:
        """The script at this path; NotFound if this version has none."""
        try:
            return self.scripts[path]
        except KeyError:
            raise NotFound(f"app {self.name!r} has no script {path!r} in version {self.version}") from None

    def sources(self) -> dict[str, str]:
        """The sources of all scripts by path."""
        return {path: script.source for path, script in self.scripts.items()}


class AppState(StrEnum):
    """Whether the app's jobs run: a stopped one waits for START_APP, a sleeping one is woken by a call as well."""

    STARTED = "STARTED"
    STOPPED = "STOPPED"
    SLEEPING = "SLEEPING"


@dataclass(frozen=True, slots=True)
class Pushed:
    """An app as lists show it. `waiting_version` was pushed to wait for a START_APP with pushChanges."""

    name: str
    label: str
    version: int
    pushed_at: datetime
    pushed_by: str | None
    waiting_version: int | None
    state: AppState


async def list_apps(conn: Connection) -> list[Pushed]:
    """Every app that was pushed, by name."""
    return [_pushed(row) for row in await conn.fetch(load("app_list"), None)]


async def get_pushed(conn: Connection, app: str) -> Pushed:
    """The app; NotFound if nobody pushed it."""
    row = await conn.fetchrow(load("app_list"), app)
    if row is None:
        raise NotFound(f"there is no app {app!r}: push its folder first")
    return _pushed(row)


def _pushed(row: Mapping[str, Any]) -> Pushed:
    return Pushed(**{**row, "state": AppState(row["state"])})


async def current_version(conn: Connection, app: str) -> int:
    """The version that new jobs start on; NotFound if nobody pushed the app."""
    version: int | None = await conn.fetchval(load("app_current"), app)
    if version is None:
        raise NotFound(f"there is no app {app!r}: push its folder first")
    return version


async def load_manifest(conn: Connection, app: str, version: int | None = None) -> Manifest:
    """What a version, or the current one, declares; NotFound if there is no such version."""
    number = await current_version(conn, app) if version is None else version
    manifest = await conn.fetchval(load("app_manifest"), app, number)
    if manifest is None:
        raise NotFound(f"app {app!r} has no version {number}")
    return Manifest.from_json(manifest)


async def load_script(conn: Connection, app: str, version: int, path: str) -> Script:
    """One script of a version; NotFound if it has none at this path."""
    row = await conn.fetchrow(load("app_script"), app, version, path)
    if row is None:
        raise NotFound(f"app {app!r} has no script {path!r} in version {version}")
    return Script(**row)


async def load_sources(conn: Connection, app: str, version: int) -> dict[str, Script]:
    """All scripts of a version by path; empty if there is no such version."""
    rows = await conn.fetch(load("app_sources"), app, version)
    return {row["path"]: Script(**row) for row in rows}


class AppCache:
    """The last `size` versions of apps that were asked for, in this process."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._apps: OrderedDict[tuple[str, int], App] = OrderedDict()

    async def get(self, conn: Connection, app: str, version: int | None = None) -> App:
        """A version of an app, the current one if none is named; NotFound if there is none."""
        number = await current_version(conn, app) if version is None else version
        found = self._apps.get((app, number))
        if found is None:
            manifest = await load_manifest(conn, app, number)
            found = App(app, number, manifest, await load_sources(conn, app, number))
            self._apps[app, number] = found
            if len(self._apps) > self._size:
                self._apps.popitem(last=False)
        self._apps.move_to_end((app, number))
        return found
