"""The apps' own endpoints: a request becomes a job, its answer what the script returned.

They are the apps' addresses: what is deployed answers, and who may call it the app's current version says.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

from fastapi import Path, Request, Response
from pydantic import WithJsonSchema

from engine.apps import endpoints
from engine.apps.answers import Answer
from engine.apps.endpoints import Place
from engine.apps.manifest import PUBLIC_ACCESS, Endpoint
from engine.apps.store import AppState
from engine.apps.waking import wake
from engine.data.fields import Invalid, check_json
from engine.errors import BadRequest, EndpointFailed, EndpointTimeout, NotFound, UnknownMediaType
from engine.jobs import commands, requests, store
from engine.jobs.requests import Requester
from engine.model import Scope
from engine.web.context import Served, Web
from engine.web.failures import failure
from engine.web.routes import DECLARED, Routes, admit
from engine.web.shapes import AppName

PATH = "/apps/{app}/endpoints/{path:path}"
# OpenAPI has no parameter of several parts, so the document shows those of one.
_ADDRESS = {"type": "string", "pattern": "^[A-Za-z0-9_.~-]{1,100}$", "examples": ["stats"]}
Address = Annotated[str, WithJsonSchema(_ADDRESS), Path(description="What the app declares; it may have several parts")]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What lets the caller into the platform is none of the script's business.
_HIDDEN = frozenset({"authorization", "proxy-authorization", "cookie"})
_BODILESS = (204, 304)
_BODY = {
    "required": False,
    "description": "JSON, or text in UTF-8",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What the endpoint answers; it may also choose another status",
        "content": {"*/*": {"schema": {}}},
    }
}


def register(routes: Routes) -> None:
    """One route a method."""
    for method in METHODS:
        routes.add(
            method,
            PATH,
            answer,
            access=DECLARED,
            name=f"call{method.title()}",
            tag="endpoints",
            errors=(401, 403, 405, 409, 413, 415, 422, 429, 504),
            free_query=True,
            response_model=None,
            responses=_ANSWERS,
            extra={"requestBody": _BODY} if method in ("POST", "PUT", "PATCH") else None,
        )


async def answer(
    request: Request,
    web: Served,
    app: AppName,
    path: Address,
) -> Response:
    """Call an endpoint of the app.

    What it takes, what it answers and who may call it, the app declares: anybody, or tokens with some scope.
    """
    began = time.monotonic()
    place, endpoint, params = await _find(web, app, request)
    user = await _admitted(web, request, app, endpoint)
    given = await _given(request, params, user)
    deadline = began + endpoint.timeout / 1000
    if place.state is not AppState.STARTED:
        await wake(web.pool, web.ends, app, endpoint, deadline - time.monotonic())
    job_id = await _start(web, Requester(app, user), endpoint, given, place.version)
    left = await _left(web, app, endpoint, job_id, deadline - time.monotonic())
    return _response(left, job_id)


async def _find(web: Web, app: str, request: Request) -> tuple[Place, Endpoint, dict[str, str]]:
    async with web.pool.acquire() as conn:
        place = await endpoints.place(conn, app)
        if place is None:
            raise NotFound(f"no endpoint answers for the app {app!r}", additional_info={"app": app})
        manifest = (await web.apps.get(conn, app, place.version)).manifest
    deployed = [endpoint for endpoint in manifest.endpoints.values() if endpoint.name in place.deployed]
    return place, *endpoints.match(deployed, request.method, _parts(request))


def _parts(request: Request) -> list[str]:
    """The parts of the path below the app's endpoints; a slash that is written as %2F divides nothing."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    return [unquote(part) for part in raw.decode("ascii", "replace").split("?")[0].split("/")[4:]]


async def _admitted(web: Web, request: Request, app: str, endpoint: Endpoint) -> str | None:
    """The user whose token the request has, if the endpoint asks for one."""
    if endpoint.access == PUBLIC_ACCESS:
        request.state.allowance = web.limits.take(app)
        return None
    call = await admit(web, request, Scope(endpoint.access), app)
    return call.token.user_id


async def _given(request: Request, params: Mapping[str, str], user: str | None) -> dict[str, Any]:
    """The request as the script sees it."""
    query: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        query[name] = values[0] if len(values) == 1 else values
    given = {
        "method": request.method,
        "path": "/" + "/".join(_parts(request)),
        "params": dict(params),
        "query": query,
        "headers": {name: text for name, text in request.headers.items() if name not in _HIDDEN},
        "body": await _body(request),
        "user": user,
    }
    try:
        check_json(given)
    except Invalid as error:
        raise BadRequest(f"the request is nothing that a script can be given: {error}") from None
    return given


async def _body(request: Request) -> Any:
    """JSON as a value, other text as a text, nothing as null."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if not body:
        return None
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return await request.json()
        except json.JSONDecodeError as error:
            raise BadRequest(f"the body is not JSON: {error}") from None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise UnknownMediaType.field("body", kind, "JSON, or text in UTF-8") from None
    if "\0" in text:
        raise BadRequest("the body has the character NUL")
    return text


async def _start(web: Web, by: Requester, endpoint: Endpoint, given: Mapping[str, Any], version: int) -> UUID:
    async with web.pool.transaction() as conn:
        (job_id,) = await store.create(conn, [requests.call_endpoint(by, endpoint, given, version)])
    return job_id


async def _left(web: Web, app: str, endpoint: Endpoint, job_id: UUID, seconds: float) -> Mapping[str, Any]:
    """What the job left; a job that nobody waits for any more is canceled."""
    if not await web.ends.wait(job_id, seconds=max(0.0, seconds)):
        # It may have ended at this moment.
        with suppress(BadRequest):
            await web.pool.run(lambda conn: commands.cancel(conn, app, job_id))
            raise EndpointTimeout(
                f"the endpoint did not answer within {endpoint.timeout} ms", additional_info={"jobId": str(job_id)}
            )
    async with web.pool.acquire() as conn:
        left = await store.results(conn, app, job_id) or {}
    if "error" in left:
        raise failure(left["error"], job_id)
    if "results" not in left:
        raise EndpointFailed("the call was canceled", additional_info={"jobId": str(job_id)})
    return left


def _response(left: Mapping[str, Any], job_id: UUID) -> Response:
    found = Answer.of(left["results"]["response"])
    headers = {**(found.headers or {}), "headrace-job": str(job_id)}
    if found.status in _BODILESS or (found.body is None and "content-type" not in headers):
        return Response(status_code=found.status, headers=headers)
    headers.setdefault("content-type", found.content_type)
    content = json.dumps(found.body, ensure_ascii=False) if found.is_json else found.body or ""
    return Response(content.encode(), status_code=found.status, headers=headers)
