"""What surrounds every request: its id, a line in the log, and headers that keep browsers from guessing."""

from __future__ import annotations

import logging
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.metrics.service import ServiceMetrics
from engine.tracing import Span, Tracer
from engine.tracing.context import HEADER

log = logging.getLogger(__name__)


class Frame:
    """ASGI middleware. A request's id is ours alone: one that a caller chose could be somebody else's."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics, tracer: Tracer) -> None:
        self._app = app
        self._metrics = metrics
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and what comes back to the caller."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began, status = uuid4().hex, time.perf_counter(), 0
        scope["headrace.request_id"] = request_id

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
            await send(message)

        with self._tracer.request(Headers(scope=scope).get(HEADER)) as span:
            try:
                await self._app(scope, receive, framed)
            finally:
                seconds = time.perf_counter() - began
                # The template, not the path: ids in a label would make a series each.
                route = getattr(scope.get("route"), "path", None)
                self._metrics.answered(scope["method"], route, status, seconds)
                _describe(span, scope["method"], route, status)
                log.info("%s %s %s %d %.1f ms", request_id, scope["method"], scope["path"], status, seconds * 1000)


def _describe(span: Span, method: str, route: str | None, status: int) -> None:
    """By OpenTelemetry's conventions for HTTP servers: what the caller did wrong is no failure of ours."""
    span.name(f"{method} {route}" if route else method)
    span.set(http__request__method=method, http__route=route, http__response__status_code=status)
    if status >= 500:
        span.fail(str(status))
