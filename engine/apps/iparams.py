"""Installation parameters of an app (seed 000, iparams): encrypted at rest, seen by its scripts and by nobody else.

They are in no job: a worker reads them when it begins an attempt, and hands them to the script's process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.apps.store import get_pushed
from engine.data.fields import Invalid, check_json
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, NotFound
from engine.vault import Vault

MOST_PARAMETERS = 500


async def set_iparams(conn: Connection, vault: Vault, app: str, values: object, *, by: str | None = None) -> list[str]:
    """The names of the parameters, which are these from now on; NotFound if nobody pushed the app.

    BadRequest if they are no JSON object, ConfigError without a key; neither tells a value.
    """
    checked = check(values)
    if await conn.fetchval(load("iparams_set"), app, vault.seal(app, checked), by) is None:
        raise NotFound(f"there is no app {app!r}: push its folder first")
    return sorted(checked)


def check(values: object) -> Mapping[str, Any]:
    """The values if they can be parameters; else BadRequest, which shows none of them."""
    if not isinstance(values, Mapping) or len(values) > MOST_PARAMETERS:
        raise BadRequest(f"iparams: expected an object of at most {MOST_PARAMETERS} parameters")
    for name in values:
        if not isinstance(name, str) or not 0 < len(name) <= 200:
            raise BadRequest("iparams: expected names of 1 to 200 characters")
        try:
            check_json(values[name])
        except Invalid as error:
            raise BadRequest(f"iparams.{name}: {error}") from None
    return values


async def get_iparams(conn: Connection, vault: Vault, app: str) -> dict[str, Any]:
    """The app's parameters; {} if it has none. ConfigError if they cannot be read here."""
    sealed = await conn.fetchval(load("iparams_get"), app)
    return {} if sealed is None else vault.open(app, sealed)


async def names(conn: Connection, vault: Vault, app: str) -> list[str]:
    """What the app's parameters are called; NotFound if nobody pushed the app."""
    await get_pushed(conn, app)
    return sorted(await get_iparams(conn, vault, app))


async def remove_iparams(conn: Connection, app: str) -> None:
    """Takes the app's parameters away; NotFound if there are none."""
    if await conn.fetchval(load("iparams_remove"), app) is None:
        raise NotFound(f"app {app!r} has no installation parameters")


async def rotate(conn: Connection, vault: Vault) -> int:
    """How many apps' parameters are now under the first key of the setting. All of them, or nothing changes."""
    async with conn.transaction():
        rows = await conn.fetch(load("iparams_lock_all"))
        for row in rows:
            sealed = vault.seal(row["app"], vault.open(row["app"], row["sealed"]))
            await conn.execute(load("iparams_reseal"), row["app"], sealed)
    return len(rows)
