"""What routes work with: the process's services, and the call that is being answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from engine.apps.folder import Check
from engine.apps.manifest import Entity, Manifest
from engine.apps.store import AppCache
from engine.data.cause import Cause
from engine.data.tokens import Token
from engine.data.volume import Volume, volume_of
from engine.db.pool import Connection, Pool
from engine.errors import NotFound
from engine.jobs.ends import Ends
from engine.jobs.feed import Feed
from engine.jobs.requests import Requester
from engine.settings import Settings
from engine.web.limits import RateLimits
from engine.web.shared_limits import SharedLimits


@dataclass(frozen=True, slots=True)
class Web:
    """One API process. `check` compiles a script of an app that is pushed; the doors of /freshworks have own limits."""

    pool: Pool
    apps: AppCache
    feed: Feed
    settings: Settings
    limits: RateLimits
    freshworks_limits: SharedLimits
    check: Check
    ends: Ends


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token was found and allows it."""

    web: Web
    token: Token

    @property
    def app(self) -> str:
        """The only app whose things exist for this call."""
        return self.token.app

    @property
    def pool(self) -> Pool:
        """The process's pool."""
        return self.web.pool

    @property
    def volume(self) -> Volume | None:
        """Where files are, if not in PostgreSQL."""
        return volume_of(self.web.settings.files_dir)

    @property
    def by(self) -> Requester:
        """On whose behalf jobs are created."""
        return Requester(self.token.app, self.token.user_id)

    @property
    def cause(self) -> Cause:
        """On whose behalf records change and events happen."""
        return Cause(run_by=self.token.user_id)

    @property
    def now(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)

    async def manifest(self, conn: Connection) -> Manifest:
        """What the app's current version declares."""
        return (await self.web.apps.get(conn, self.app)).manifest

    async def entity(self, conn: Connection, name: str) -> Entity:
        """The entity that an address names; NotFound if the app has none of this name."""
        manifest = await self.manifest(conn)
        if name not in manifest.entities:
            raise NotFound(f"app {self.app} has no entity {name!r}", additional_info={"entity": name})
        return manifest.entities[name]


async def current_call(request: Request) -> Call:
    """The call that the route's guard let in."""
    call: Call = request.state.call
    return call


async def current_web(request: Request) -> Web:
    """The process's services, for routes that need no token."""
    web: Web = request.state.web
    return web


Admitted = Annotated[Call, Depends(current_call)]
Served = Annotated[Web, Depends(current_web)]
