"""What a process counts of messages on their way to a broker."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

OUTCOMES = ("confirmed", "refused")


class OutboxMetrics:
    """One process's counts of messages that it passed on."""

    def __init__(self, registry: CollectorRegistry) -> None:
        messages = Counter(
            "headrace_outbox_messages",
            "Messages that were given to the broker: confirmed, or refused and put aside for a while.",
            ("outcome",),
            registry=registry,
        )
        self._messages = {outcome: messages.labels(outcome) for outcome in OUTCOMES}
        self._oldest = Gauge(
            "headrace_outbox_oldest_seconds",
            "How long the oldest message has waited for the broker, at this process's last look.",
            registry=registry,
        )

    def passed_on(self, *, confirmed: int, refused: int) -> None:
        """The broker has said this of so many messages."""
        self._messages["confirmed"].inc(confirmed)
        self._messages["refused"].inc(refused)

    def looked(self, *, oldest_s: float) -> None:
        """A look at the outbox is over."""
        self._oldest.set(oldest_s)
