"""What a process counts of events on their way to listeners."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

OUTCOMES = ("delivered", "dropped")


class EventMetrics:
    """One process's counts of events that it delivered."""

    def __init__(self, registry: CollectorRegistry) -> None:
        events = Counter(
            "headrace_events",
            "Events that left for listeners: delivered as a job, or dropped as the app has no such listener any more.",
            ("outcome",),
            registry=registry,
        )
        self._events = {outcome: events.labels(outcome) for outcome in OUTCOMES}
        self._oldest = Gauge(
            "headrace_events_oldest_seconds",
            "How long the oldest event had waited for its listener, at this process's last look.",
            registry=registry,
        )

    def left(self, *, delivered: int, dropped: int) -> None:
        """So many events became jobs, and so many went without one."""
        self._events["delivered"].inc(delivered)
        self._events["dropped"].inc(dropped)

    def looked(self, *, oldest_s: float) -> None:
        """A look at the events is over."""
        self._oldest.set(oldest_s)
