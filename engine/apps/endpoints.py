"""Which endpoints of an app answer, and which of them an address means."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.apps.manifest import Endpoint
from engine.apps.store import AppState
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Place:
    """An app as a call finds it: its current version, whether it runs, and the names of what is deployed."""

    version: int
    state: AppState
    deployed: Collection[str]


async def deploy(conn: Connection, app: str, name: str) -> bool:
    """The endpoint answers from the commit on; False if it did before."""
    return await conn.fetchval(load("endpoint_deploy"), app, name) is not None


async def undeploy(conn: Connection, app: str, name: str) -> bool:
    """The endpoint answers no more; False if it did not."""
    return await conn.fetchval(load("endpoint_undeploy"), app, name) is not None


async def deployed(conn: Connection, app: str) -> dict[str, datetime]:
    """Since when which endpoints answer, by name."""
    return {row["name"]: row["deployed_at"] for row in await conn.fetch(load("endpoint_list"), app)}


async def place(conn: Connection, app: str) -> Place | None:
    """What a call has to know of the app; None if nobody has pushed it."""
    row = await conn.fetchrow(load("endpoint_place"), app)
    return None if row is None else Place(row["version"], AppState(row["state"]), frozenset(row["deployed"]))


def match(endpoints: Sequence[Endpoint], method: str, path: Sequence[str]) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint that this path (its parts, decoded) means, and the values of its parameters.

    A fixed part goes before a parameter. NotFound if there is none, NotAllowed if there is one for other methods.
    """
    found = sorted(_matches(endpoints, path), key=lambda each: [part.startswith("{") for part in _parts(each[0])])
    for endpoint, params in found:
        if endpoint.method == method:
            return endpoint, params
    if not found:
        raise NotFound(f"no endpoint answers at /{'/'.join(path)}", additional_info={"path": "/" + "/".join(path)})
    allowed = sorted({endpoint.method for endpoint, _ in found})
    raise NotAllowed(
        f"{method} is not allowed here; expected one of {', '.join(allowed)}",
        additional_info={"method": method, "allowed": allowed},
    )


def _parts(endpoint: Endpoint) -> list[str]:
    return endpoint.path.strip("/").split("/")


def _matches(endpoints: Sequence[Endpoint], path: Sequence[str]) -> Iterator[tuple[Endpoint, dict[str, str]]]:
    for endpoint in endpoints:
        params = _params(_parts(endpoint), path)
        if params is not None:
            yield endpoint, dict(params)


def _params(parts: Sequence[str], path: Sequence[str]) -> Mapping[str, str] | None:
    if len(parts) != len(path):
        return None
    found: dict[str, str] = {}
    for part, given in zip(parts, path, strict=True):
        if part.startswith("{") and given:
            found[part[1:-1]] = given
        elif part != given:
            return None
    return found
