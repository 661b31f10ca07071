"""The OpenAPI document of the API, complete: every response, every error, every scope."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from starlette.responses import JSONResponse

from engine import __version__
from engine.web.docspage import page
from engine.web.routes import PUBLIC, SECURITY_SCHEME, Routes

_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of a user of an app, from `headrace token create`. Its scopes: `read` sees everything of "
    "the app; `run` starts jobs and changes records and files; `manage` stops, resumes, cancels and prioritizes the "
    "jobs that the user ran; `admin` is all of that for anybody's jobs, and pushes versions.",
}
_TAGS = [
    {"name": "apps", "description": "The token's app and its versions"},
    {"name": "jobs", "description": "Background jobs, their results and their logs"},
    {"name": "records", "description": "Records of the app's entities"},
    {"name": "files", "description": "Files that imports read and exports write"},
    {"name": "users", "description": "Users of the app"},
    {"name": "events", "description": "What listeners of the app hear"},
    {"name": "schedules", "description": "Jobs that start by the clock"},
    {"name": "ductape", "description": "The doors of Ductape's product.jobs"},
    {"name": "freshworks", "description": "The doors of Freshworks' client.job"},
    {"name": "flatfile", "description": "The doors of Flatfile's client: jobs, actions, events, listeners"},
    {"name": "limits", "description": "How many jobs of the app and its queues run at once, and start in a time"},
    {
        "name": "endpoints",
        "description": "The app's own HTTP endpoints; deployed ones answer under `/apps/{app}/endpoints`",
    },
    {"name": "health", "description": "For probes"},
    {"name": "documents", "description": "This document"},
]
_DESCRIPTION = (
    "Workflows on one PostgreSQL. Times are RFC 3339 in UTC, durations are milliseconds. Every error has the "
    "same form; its `code` is the one that scripts and the command line show."
)
_METHODS = ("get", "post", "put", "patch", "delete")


def register(routes: Routes, api: FastAPI) -> None:
    """The document's own routes."""

    async def document() -> JSONResponse:
        """Show the OpenAPI document."""
        return JSONResponse(api.openapi())

    async def docs() -> HTMLResponse:
        """Show the document as a page.

        It asks nothing of any other server.
        """
        return HTMLResponse(page(api.openapi()), headers={"Content-Security-Policy": _PAGE_POLICY})

    options: dict[str, Any] = {"access": PUBLIC, "tag": "documents", "response_model": None}
    routes.add("GET", "/openapi.json", document, name="getDocument", responses=_answer("application/json"), **options)
    routes.add(
        "GET", "/docs", docs, name="getDocs", responses=_answer("text/html"), response_class=HTMLResponse, **options
    )


_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def _answer(media: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "object"} if media == "application/json" else {"type": "string"}
    return {200: {"description": "The document", "content": {media: {"schema": schema}}}}


def build(api: FastAPI) -> dict[str, Any]:
    """The document of the API's routes."""
    document = get_openapi(
        title="Headrace", version=__version__, description=_DESCRIPTION, routes=api.routes, tags=_TAGS
    )
    document["components"]["securitySchemes"] = {SECURITY_SCHEME: _SCHEME}
    for methods in document["paths"].values():
        for method in _METHODS:
            if method in methods:
                _complete(methods[method])
    for schema in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(schema, None)
    return document


def _complete(operation: dict[str, Any]) -> None:
    """Takes away what the framework adds but the API never answers, and names the headers that it does send."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for status, response in responses.items():
        # The framework gives errors the media type of the route's own responses.
        if int(status) >= 400:
            response["content"] = {"application/json": next(iter(response["content"].values()))}
    if "429" in responses:
        responses["429"]["headers"] = {
            "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds"}
        }
    if "204" in responses:
        responses["204"].pop("content", None)
