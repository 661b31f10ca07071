"""The queue as the database has it, as of the last look: the same from every process, so take the maximum of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.metrics.batches import OTHER

MOST_QUEUES = 40


@dataclass(frozen=True, slots=True)
class LaneDepth:
    """What is claimable of a queue and priority; `oldest_s` is how long the first in the order waits."""

    queue: str
    priority: str
    jobs: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Depth:
    """One look. Numbers in `totals` are by the names of TOTALS."""

    lanes: Sequence[LaneDepth]
    totals: Mapping[str, float]


# name of the column in queue_gauges.sql -> name and text of the gauge
TOTALS: Final = MappingProxyType(
    {
        "live": ("headrace_jobs_live", "Jobs that are not over, by PostgreSQL's own count of rows."),
        "ready": ("headrace_jobs_ready", "Entries in the lists of claimable jobs, by PostgreSQL's own count."),
        "delayed": ("headrace_jobs_delayed", "Jobs that become claimable by the clock, by PostgreSQL's own count."),
        "blocked": ("headrace_jobs_blocked", "Due jobs that wait for a permit of their concurrency key."),
        "permits": ("headrace_permits_used", "Permits of limits and concurrency keys that jobs hold."),
        "looks": ("headrace_queue_round_looks", "Looks that it took to see every queue: each sees a bounded part."),
        "overdue_s": ("headrace_delayed_overdue_seconds", "How late the clock's most overdue job is."),
        "workers": ("headrace_workers_alive", "Workers whose heartbeat is fresh."),
        "bytes": ("headrace_database_bytes", "Size of tables, indexes and large objects, as of their last vacuum."),
        "dead": ("headrace_dead_rows", "Dead rows of the live table, by PostgreSQL's own count."),
        "snapshot_s": (
            "headrace_oldest_snapshot_seconds",
            "Age of the oldest transaction that this user may see: it keeps vacuum from cleaning up.",
        ),
    }
)


class DepthCollector(Collector):
    """Shows what `last` returns; None is an outage."""

    def __init__(self, last: Callable[[], Depth | None]) -> None:
        self._last = last

    def collect(self) -> Iterator[Metric]:
        """What a scrape reads."""
        depth = self._last()
        up = GaugeMetricFamily("headrace_database_up", "1 if the last look at the database succeeded.")
        up.add_metric((), float(depth is not None))
        yield up
        jobs = GaugeMetricFamily(
            "headrace_queue_depth", "Claimable jobs, counted up to a bound.", labels=("queue", "priority")
        )
        oldest = GaugeMetricFamily(
            "headrace_queue_oldest_seconds",
            "How long the first job of the queue has been claimable.",
            labels=("queue", "priority"),
        )
        for lane in _capped(depth.lanes if depth else ()):
            jobs.add_metric((lane.queue, lane.priority), lane.jobs)
            oldest.add_metric((lane.queue, lane.priority), lane.oldest_s)
        yield jobs
        yield oldest
        for name, (metric, text) in TOTALS.items():
            family = GaugeMetricFamily(metric, text)
            if depth is not None:
                family.add_metric((), depth.totals[name])
            yield family
        created = CounterMetricFamily(
            "headrace_jobs_created", "Jobs created on the platform, by PostgreSQL's own count of inserts."
        )
        if depth is not None:
            created.add_metric((), depth.totals["created"])
        yield created


def _capped(lanes: Sequence[LaneDepth]) -> list[LaneDepth]:
    """The first queues, and the others as one."""
    names = list(dict.fromkeys(lane.queue for lane in lanes))[:MOST_QUEUES]
    found: dict[tuple[str, str], LaneDepth] = {}
    for lane in lanes:
        key = (lane.queue if lane.queue in names else OTHER, lane.priority)
        known = found.get(key)
        jobs, oldest = (known.jobs, known.oldest_s) if known else (0, 0.0)
        found[key] = LaneDepth(*key, jobs + lane.jobs, max(oldest, lane.oldest_s))
    return list(found.values())
