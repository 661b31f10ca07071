"""The JavaScript files of other vendors' clients, for pages and Node: each is one ES module that imports nothing."""

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
    for vendor, endpoint in (("freshworks", freshworks), ("ductape", ductape)):
        routes.add(
            "GET",
            f"/{vendor}/client.js",
            endpoint,
            access=PUBLIC,
            name=f"{vendor}Client",
            tag=vendor,
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


def _module(name: str) -> Response:
    content = (FOLDER / name).read_bytes()
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "max-age=300"})
