"""What a process counts for Prometheus. Labels have few values, all of them ours: never an app, a job or a user.

One `Metrics` belongs to one process and one registry; whoever composes the process hands it down.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# A script of one call takes 3 ms; the vendor's default ends it after 2 minutes.
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 1800)


class Metrics:
    """The counters of one process; `registry` is what /metrics shows."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._scripts = Counter(
            "headrace_scripts",
            "Runs of scripts that ended: returned, threw, killed or interrupted.",
            ("language", "outcome"),
            registry=self.registry,
        )
        self._kills = Counter(
            "headrace_script_kills",
            "Scripts that the sandbox ended, by the limit that they passed; protocol and crash are no limits.",
            ("limit",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "headrace_script_duration_seconds",
            "Wall time of one run of a script.",
            ("language",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._cpu_seconds = Counter(
            "headrace_script_cpu_seconds",
            "CPU time of the runs that returned.",
            ("language",),
            registry=self.registry,
        )
        self._cut_logs = Counter(
            "headrace_script_logs_cut",
            "Runs of scripts whose log was cut at its limit of lines or of bytes.",
            ("limit",),
            registry=self.registry,
        )
        self._layers = Gauge(
            "headrace_sandbox_layer",
            "1 where the self-test found that this layer holds around scripts, else 0.",
            ("layer",),
            registry=self.registry,
        )

    def script_ended(self, language: str, outcome: str, *, seconds: float, cpu_ms: int = 0) -> None:
        """A run of a script is over."""
        self._scripts.labels(language, outcome).inc()
        self._seconds.labels(language).observe(seconds)
        self._cpu_seconds.labels(language).inc(cpu_ms / 1000)

    def script_killed(self, limit: str) -> None:
        """The sandbox ended a script."""
        self._kills.labels(limit).inc()

    def log_cut(self, limit: str) -> None:
        """A run's log reached its limit: lines or bytes."""
        self._cut_logs.labels(limit).inc()

    def sandbox_tested(self, layers: Mapping[str, bool]) -> None:
        """What the self-test of this process's sandbox found."""
        for layer, holds in layers.items():
            self._layers.labels(layer).set(holds)
