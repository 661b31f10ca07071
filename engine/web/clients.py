"""The JavaScript files of other vendors' clients, for pages and Node: each is one ES module that imports nothing.

Their types are modules as well, for TypeScript.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Response

from engine.web.routes import PUBLIC, Routes

FOLDER = Path(__file__).resolve().parent.parent / "sdk"
MODULE: dict[int | str, dict[str, Any]] = {
    200: {"description": "An ES module", "content": {"text/javascript": {"schema": {"type": "string"}}}}
}


def register(routes: Routes) -> None:
    """The routes of the files."""
    for path, endpoint, name in (
        ("/freshworks/client.js", freshworks, "freshworksClient"),
        ("/ductape/client.js", ductape, "ductapeClient"),
        ("/ductape/client.d.ts", ductape_types, "ductapeClientTypes"),
    ):
        routes.add(
            "GET",
            path,
            endpoint,
            access=PUBLIC,
            name=name,
            tag=path.split("/")[1],
            response_class=Response,
            response_model=None,
            responses=MODULE,
        )


async def freshworks() -> Response:
    """Load the JavaScript file of Freshworks' `client.job`."""
    return _module("freshworks.js")


async def ductape() -> Response:
    """Load the JavaScript file of Ductape's `product.jobs`."""
    return _module("ductape.js")


async def ductape_types() -> Response:
    """Load the TypeScript types of that file."""
    return _module("ductape.d.ts")


def _module(name: str) -> Response:
    content = (FOLDER / name).read_bytes()
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "max-age=300"})
