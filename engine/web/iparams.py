"""Installation parameters of the token's app over HTTP: set and removed; their names are shown, their values never."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body
from pydantic import Field

from engine.apps import iparams
from engine.model import Scope
from engine.vault import Vault
from engine.web.context import Admitted, Call
from engine.web.routes import Routes
from engine.web.shapes import AppName, Shape

PATH = "/apps/{app}/iparams"
EXAMPLES = {"key": {"summary": "A key of another service", "value": {"api_key": "your_api_key"}}}
Parameters = Annotated[Any, Body(openapi_examples=EXAMPLES, description="An object: every parameter with its value")]


class Names(Shape):
    """What the parameters are called."""

    names: list[str] = Field(examples=[["api_key"]])


def register(routes: Routes) -> None:
    """The routes of installation parameters."""
    for method, endpoint, name, status, errors in (
        ("GET", find, "getIparams", 200, ()),
        ("PUT", put, "putIparams", 200, (413, 415)),
        ("DELETE", remove, "removeIparams", 204, ()),
    ):
        routes.add(method, PATH, endpoint, access=Scope.ADMIN, name=name, tag="apps", status=status, errors=errors)


async def find(call: Admitted, app: AppName) -> Names:
    """Show what the app's installation parameters are called."""
    async with call.pool.acquire() as conn:
        return Names(names=await iparams.names(conn, _vault(call), call.app))


async def put(call: Admitted, app: AppName, parameters: Parameters) -> Names:
    """Set the app's installation parameters, in place of all that were there.

    Only scripts of the app see the values: no response, log, journal or result has them.
    """
    async with call.pool.acquire() as conn:
        names = await iparams.set_iparams(conn, _vault(call), call.app, parameters, by=call.token.user_id)
    return Names(names=names)


async def remove(call: Admitted, app: AppName) -> None:
    """Take the app's installation parameters away."""
    async with call.pool.acquire() as conn:
        await iparams.remove_iparams(conn, call.app)


def _vault(call: Call) -> Vault:
    return Vault(call.web.settings.vault_keys)
