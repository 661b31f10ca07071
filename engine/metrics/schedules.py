"""What a process counts of schedules: runs by what became of them, and how late they were."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# From a scheduler that was just woken to a night without any.
_LATE_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 43_200)
OUTCOMES = ("made", "missed", "overlapped", "failed")


class ScheduleMetrics:
    """One process's counts of the runs that it made or left out."""

    def __init__(self, registry: CollectorRegistry) -> None:
        runs = Counter(
            "headrace_schedule_runs",
            "Runs of schedules by what became of them; a row of missed runs counts once.",
            ("outcome",),
            registry=registry,
        )
        self._runs = {outcome: runs.labels(outcome) for outcome in OUTCOMES}
        self._late = Histogram(
            "headrace_schedule_lag_seconds",
            "From when a run was to be made, jitter included, until its job was created.",
            buckets=_LATE_S,
            registry=registry,
        )
        self._overdue = Gauge(
            "headrace_schedule_overdue_seconds",
            "How late the most overdue schedule was at this process's last look.",
            registry=registry,
        )

    def run(self, outcome: str, *, late_s: float) -> None:
        """A run has become this, so long after its time."""
        self._runs[outcome].inc()
        if outcome == "made":
            self._late.observe(max(0.0, late_s))

    def looked(self, *, overdue_s: float) -> None:
        """A look at the schedules is over, and the first that is left is so late."""
        self._overdue.set(overdue_s)
