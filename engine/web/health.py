"""Whether the process lives, and whether it can do its work; for probes, which have no token."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

from engine.db import migrate
from engine.errors import DatabaseUnavailable, HeadraceError
from engine.web.context import Served
from engine.web.routes import PUBLIC, Routes
from engine.web.shapes import Shape

log = logging.getLogger(__name__)

READY_S = 3.0


class Health(Shape):
    """The process is well."""

    status: Literal["ok"] = "ok"


def register(routes: Routes) -> None:
    """The routes of probes."""
    routes.add("GET", "/health/live", live, access=PUBLIC, name="isLive", tag="health")
    routes.add("GET", "/health/ready", ready, access=PUBLIC, name="isReady", tag="health")


async def live() -> Health:
    """Tell whether the process answers at all.

    It says nothing of the database: a restart would not repair that.
    """
    return Health()


async def ready(web: Served) -> Health:
    """Tell whether requests can be served.

    The database answers within 3 s, and its schema fits this version; else 503, and a balancer sends
    requests elsewhere.
    """
    try:
        await asyncio.wait_for(migrate.check(web.pool), READY_S)
    except (TimeoutError, HeadraceError) as error:
        raise DatabaseUnavailable(f"not ready: {error or 'no answer'}") from error
    return Health()
