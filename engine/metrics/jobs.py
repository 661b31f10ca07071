"""What a worker counts of jobs: claims, starts, how long they waited and ran, and how their attempts ended."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from engine.metrics.batches import OTHER, Capped, Counts, Histograms, Series

# From what an idle worker needs (a millisecond) to a night's backlog.
WAIT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 43_200)
RUN_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
STATEMENT_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BATCH = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
# Series that a process may have of what apps name: 300 of app, queue and type, 40 of queue and something of ours.
MOST_KINDS, MOST_QUEUES = 300, 40
# How an attempt leaves its worker. The first three end the job, and are counted by app, queue and type.
FINAL = ("ok", "failed", "canceled")
LEFT = ("parked", "retried", "stopped", "handed_over", "lost")


class Claimed(Protocol):
    """A claim, as far as it is counted (engine.jobs.queue.Claim)."""

    @property
    def app(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def type(self) -> StrEnum: ...
    @property
    def low_priority(self) -> bool: ...
    @property
    def attempt(self) -> int: ...
    @property
    def created_s(self) -> float: ...
    @property
    def started_s(self) -> float: ...


class Kind:
    """The counts of jobs of one app, queue and type; an attempt keeps it from its claim to its end."""

    __slots__ = ("_final", "_left", "_runs", "started", "waits")

    def __init__(
        self,
        started: list[int],
        waits: tuple[Series, Series],
        runs: Series,
        final: Mapping[str, list[int]],
        left: Mapping[str, Counter],
    ) -> None:
        self.started = started
        self.waits = waits
        self._runs = runs
        self._final = final
        self._left = left

    def left(self, outcome: str, seconds: float) -> None:
        """An attempt is over: one of FINAL or of LEFT, after so many seconds in its slot."""
        runs = self._runs
        runs.counts[bisect_left(RUN_S, seconds)] += 1
        runs.sum += seconds
        final = self._final.get(outcome)
        if final is not None:
            final[0] += 1
        else:
            self._left[outcome].inc()


class JobMetrics:
    """One worker's counts of jobs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._add_kinds(registry)
        self._left = Counter(
            "headrace_attempts_left",
            "Attempts that left their worker without an end of their job: parked in a wait, retried, stopped, "
            "handed over, or lost to another worker.",
            ("outcome",),
            registry=registry,
        )
        self._left_by = {outcome: self._left.labels(outcome) for outcome in LEFT}
        self._claims = Counter("headrace_claims", "Claims, by what they found.", ("result",), registry=registry)
        self._claims_by = {result: self._claims.labels(result) for result in ("jobs", "empty", "failed")}
        self._claim_jobs = Histogram(
            "headrace_claim_jobs", "Jobs that one claim took.", buckets=BATCH, registry=registry
        )
        self._claim_seconds = Histogram(
            "headrace_claim_duration_seconds", "Time of one claim.", buckets=STATEMENT_S, registry=registry
        )
        self._finish_jobs = Histogram(
            "headrace_finish_jobs",
            "Ends of jobs that one transaction wrote as a batch.",
            buckets=BATCH,
            registry=registry,
        )
        self._finish_seconds = Histogram(
            "headrace_finish_duration_seconds",
            "Time of one batch of ends, outages included.",
            buckets=STATEMENT_S,
            registry=registry,
        )
        self._rescued = Counter(
            "headrace_jobs_rescued", "Jobs that went back to the queue because their worker died.", registry=registry
        )
        self._given_up = Counter(
            "headrace_jobs_given_up", "Jobs that ended because worker after worker died of them.", registry=registry
        )
        self._buried = Counter("headrace_workers_buried", "Workers that this process found dead.", registry=registry)
        self._listens = Counter(
            "headrace_listen_disconnects", "Times that the connection for wake-ups was lost.", registry=registry
        )
        self._slots = Gauge("headrace_worker_slots", "Jobs that this worker may run at once.", registry=registry)
        self._used = Gauge("headrace_worker_slots_used", "Jobs that this worker runs now.", registry=registry)

    def _add_kinds(self, registry: CollectorRegistry) -> None:
        labels = ("app", "queue", "type")
        self._started = Counts("headrace_jobs_started", "Jobs that were started for the first time.", labels)
        self._finished = Counts(
            "headrace_jobs_finished",
            "Jobs that this worker ended; failed is one whose end set its error flag.",
            (*labels, "outcome"),
        )
        self._waits = Histograms(
            "headrace_job_wait_seconds",
            "From when a job could start until it did, first attempts only.",
            ("queue", "priority"),
            WAIT_S,
            most=MOST_QUEUES,
            rest=lambda key: (OTHER, key[1]),
        )
        self._runs = Histograms(
            "headrace_attempt_duration_seconds",
            "Time in a slot of one attempt, with the write of its end.",
            ("queue", "type"),
            RUN_S,
            most=MOST_QUEUES,
            rest=lambda key: (OTHER, key[1]),
        )
        self._kinds: Capped[Kind] = Capped(self._new_kind, most=MOST_KINDS, rest=lambda key: (OTHER, OTHER, key[2]))
        for collector in (self._started, self._finished, self._waits, self._runs):
            registry.register(collector)

    def _new_kind(self, key: tuple[str, ...]) -> Kind:
        _, queue, kind = key
        return Kind(
            self._started.cell(key),
            (self._waits.series[queue, "normal"], self._waits.series[queue, "low"]),
            self._runs.series[queue, kind],
            {outcome: self._finished.cell((*key, outcome)) for outcome in FINAL},
            self._left_by,
        )

    def works(self, slots: int, used: Callable[[], int]) -> None:
        """The process has a worker with so many slots."""
        self._slots.set(slots)
        self._used.set_function(used)

    def claimed(self, claims: Iterable[Claimed], ready_s: Iterable[float], *, seconds: float) -> list[Kind]:
        """A claim took these jobs, which could start at these times (s since 1970); it lasted so long. Where each is
        counted."""
        kinds = []
        for claim, ready in zip(claims, ready_s, strict=True):
            kind = self._kinds[claim.app, claim.queue, claim.type]
            kinds.append(kind)
            if claim.attempt != 1:
                continue
            kind.started[0] += 1
            # An urgent job stands before the others as if it had been there since yesterday.
            created = claim.created_s
            waited = claim.started_s - (ready if ready > created else created)
            series = kind.waits[claim.low_priority]
            series.counts[bisect_left(WAIT_S, waited)] += 1
            series.sum += waited
        self._claims_by["jobs" if kinds else "empty"].inc()
        self._claim_jobs.observe(len(kinds))
        self._claim_seconds.observe(seconds)
        return kinds

    def claim_failed(self) -> None:
        """A claim met an outage, or an error."""
        self._claims_by["failed"].inc()

    def finished(self, count: int, *, seconds: float) -> None:
        """One transaction ended so many jobs."""
        self._finish_jobs.observe(count)
        self._finish_seconds.observe(seconds)

    def rescued(self, *, workers: int, requeued: int, given_up: int) -> None:
        """A look at the workers found so many dead."""
        self._buried.inc(workers)
        self._rescued.inc(requeued)
        self._given_up.inc(given_up)

    def listen_lost(self) -> None:
        """Polling goes on alone for a while."""
        self._listens.inc()
