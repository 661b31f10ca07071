"""What a process counts for Prometheus. Labels are never a job, a name of a script or action, or a user.

One `Metrics` belongs to one process and one registry; whoever composes the process hands it down. Each process is
scraped by itself: nothing is shared between processes, so nothing has to be added up but by Prometheus.
docs/metrics.md describes every metric.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from engine.metrics.depth import Depth, DepthCollector
from engine.metrics.events import EventMetrics
from engine.metrics.jobs import JobMetrics
from engine.metrics.outbox import OutboxMetrics
from engine.metrics.schedules import ScheduleMetrics
from engine.metrics.service import ServiceMetrics

# A script of one call takes 3 ms; the vendor's default ends it after 2 minutes.
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 1800)
_START_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_BYTES = tuple(2.0**power for power in range(18, 31))


class Metrics:
    """The counters of one process; `registry` is what /metrics shows."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.events = EventMetrics(self.registry)
        self.jobs = JobMetrics(self.registry)
        self.outbox = OutboxMetrics(self.registry)
        self.schedules = ScheduleMetrics(self.registry)
        self.service = ServiceMetrics(self.registry)
        self.depth: Depth | None = None
        self._calls = Counter(
            "headrace_host_calls",
            "Calls of scripts that were carried out, those in the journal not among them.",
            ("method",),
            registry=self.registry,
        )
        self._calls_by: dict[str, Counter] = {}
        self._replayed = Counter(
            "headrace_journal_replayed_calls",
            "Calls whose reply came from the journal.",
            registry=self.registry,
        )
        self._starts = Histogram(
            "headrace_script_start_duration_seconds",
            "Time until a child process was there for a script.",
            ("language",),
            buckets=_START_SECONDS,
            registry=self.registry,
        )
        self._memory = Histogram(
            "headrace_script_memory_bytes",
            "Memory in use by a script's process at the end of a run, beyond what an empty one has.",
            ("language",),
            buckets=_BYTES,
            registry=self.registry,
        )
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
        self._time_outs = Counter(
            "headrace_job_timeouts",
            "Attempts that were ended because their time was over, those of scripts not among them.",
            ("type",),
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

    def watch_queue(self) -> None:
        """Show the queue as `depth` has it, which whoever scrapes keeps fresh; None says that there was no answer."""
        self.registry.register(DepthCollector(lambda: self.depth))

    def host_call(self, method: str) -> None:
        """A call of the host API's table was carried out."""
        if method not in self._calls_by:
            self._calls_by[method] = self._calls.labels(method)
        self._calls_by[method].inc()

    def replayed(self, count: int) -> None:
        """The journal answered so many calls."""
        self._replayed.inc(count)

    def script_started(self, language: str, *, seconds: float) -> None:
        """A script has its process."""
        self._starts.labels(language).observe(seconds)

    def script_used(self, language: str, *, memory_bytes: int) -> None:
        """What a run that ended by itself had in use then."""
        self._memory.labels(language).observe(memory_bytes)

    def script_ended(self, language: str, outcome: str, *, seconds: float, cpu_ms: int = 0) -> None:
        """A run of a script is over."""
        self._scripts.labels(language, outcome).inc()
        self._seconds.labels(language).observe(seconds)
        self._cpu_seconds.labels(language).inc(cpu_ms / 1000)

    def script_killed(self, limit: str) -> None:
        """The sandbox ended a script."""
        self._kills.labels(limit).inc()

    def job_timed_out(self, kind: str) -> None:
        """An attempt of this type of job, which is none of scripts, took longer than it may."""
        self._time_outs.labels(kind).inc()

    def log_cut(self, limit: str) -> None:
        """A run's log reached its limit: lines or bytes."""
        self._cut_logs.labels(limit).inc()

    def sandbox_tested(self, layers: Mapping[str, bool]) -> None:
        """What the self-test of this process's sandbox found."""
        for layer, holds in layers.items():
            self._layers.labels(layer).set(holds)
