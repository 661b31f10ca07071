"""What every process counts of itself: HTTP, its pool, its event loop."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

_HTTP_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class ServiceMetrics:
    """One process's counts of itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "headrace_http_requests",
            "Requests that were answered, by the route's template.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "headrace_http_request_duration_seconds",
            "Time of a request, streams and waits included.",
            ("route",),
            buckets=_HTTP_S,
            registry=registry,
        )
        self._connections = Gauge(
            "headrace_pool_connections", "Connections of this process's pool.", ("state",), registry=registry
        )
        self._pool_size = Gauge("headrace_pool_size", "Connections that the pool may open.", registry=registry)
        self._lag = Gauge(
            "headrace_event_loop_lag_seconds",
            "How much later than asked for this process's event loop woke, the most of the last seconds.",
            registry=registry,
        )
        self._build = Info("headrace_build", "What runs here.", registry=registry)

    def runs(self, version: str) -> None:
        """The process is of this version."""
        self._build.info({"version": version})

    def pool(self, most: int, opened: Callable[[], int], idle: Callable[[], int]) -> None:
        """The process has a pool."""
        self._pool_size.set(most)
        self._connections.labels("idle").set_function(idle)
        self._connections.labels("used").set_function(lambda: opened() - idle())

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """A request was answered. Without a route nothing that the caller chose becomes a label."""
        name = route or "unmatched"
        known = method if method in _METHODS else "other"
        self._requests.labels(known, name, str(status)).inc()
        self._seconds.labels(name).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """The event loop woke so much too late."""
        self._lag.set(seconds)
