"""The API as an ASGI application: all of its routes, each guarded, in one frame."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from engine.errors import NotAllowed
from engine.metrics.service import ServiceMetrics
from engine.tracing import OFF, Tracer
from engine.web import (
    apps,
    appstates,
    clients,
    commands,
    deployments,
    document,
    ductape,
    endpoints,
    events,
    files,
    flatfile,
    flatfileactions,
    flatfilelisteners,
    flatfilepreviews,
    freshworks,
    health,
    iparams,
    jobs,
    problems,
    queuelimits,
    records,
    schedules,
    users,
    watching,
)
from engine.web.context import Web
from engine.web.frame import Frame
from engine.web.routes import GuardedRoute, Routes, check_guarded

# A module that adds routes has its `register` here. The console comes the same way.
REGISTER = (
    apps.register,
    appstates.register,
    deployments.register,
    endpoints.register,
    jobs.register,
    commands.register,
    watching.register,
    records.register,
    files.register,
    users.register,
    events.register,
    schedules.register,
    ductape.register,
    clients.register,
    freshworks.register,
    iparams.register,
    flatfile.register,
    flatfileactions.register,
    flatfilelisteners.register,
    flatfilepreviews.register,
    queuelimits.register,
    health.register,
)


def build(web: Web) -> FastAPI:
    """The API without its frame; TypeError if a route has no declared scope."""
    api = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, telemetry={"tracing": False, "metrics": False, "logs": False}
    )
    routes = Routes(api, web)
    for register in REGISTER:
        register(routes)
    document.register(routes, api)
    check_guarded(api.routes)
    described = document.build(api)
    api.openapi = lambda: described  # type: ignore[method-assign]
    api.add_exception_handler(HTTPException, _unrouted)
    return api


def framed(api: FastAPI, web: Web, metrics: ServiceMetrics, tracer: Tracer = OFF) -> ASGIApp:
    """The application that a server runs."""
    origins = [origin.strip() for origin in web.settings.api_cors_origins.split(",") if origin.strip()]
    app: ASGIApp = api
    if origins:
        app = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "Last-Event-ID", "traceparent"],
            expose_headers=["ETag", "Location", "Retry-After", "X-Request-Id", "RateLimit-Remaining"],
        )
    return Frame(app, metrics, tracer)


async def _unrouted(request: Request, error: Exception) -> JSONResponse:
    """What no route takes: an address that is not there, or a method that the address does not have."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = sorted(_methods(request))
        known = NotAllowed(
            f"{request.method} is not allowed here; expected one of {', '.join(allowed)}",
            additional_info={"method": request.method, "allowed": allowed},
        )
        return problems.respond(known, request)
    return problems.respond(error, request)


def _methods(request: Request) -> set[str]:
    routes = [route for route in request.app.routes if isinstance(route, GuardedRoute)]
    path = request.scope["path"]
    return {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
