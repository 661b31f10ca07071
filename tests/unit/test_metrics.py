"""The counters of the hot path: what a scrape shows is what was counted, and nobody makes series without end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from engine.metrics import Metrics
from engine.metrics.depth import TOTALS, Depth, LaneDepth
from engine.metrics.jobs import LEFT, MOST_KINDS, MOST_QUEUES, WAIT_S
from engine.model import JobType

NOW_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Claim:
    """What is counted of a claim."""

    app: str = "crm"
    queue: str = "default"
    type: JobType = JobType.EXECUTE_SCRIPT
    low_priority: bool = False
    attempt: int = 1
    created_s: float = NOW_S
    started_s: float = NOW_S


def series(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample of a scrape, as Prometheus' own parser reads it: its name and its labels' values, by their names."""
    text = generate_latest(metrics.registry).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value for sample in samples}


def test_a_scrape_shows_what_was_counted() -> None:
    """Starts, waits in their buckets, runs and ends of a batch."""
    metrics = Metrics()
    late = Claim(started_s=NOW_S + 0.0625, low_priority=True)
    kinds = metrics.jobs.claimed([Claim(), late, Claim(attempt=2)], [NOW_S, NOW_S, NOW_S], seconds=0.004)
    for kind, outcome in zip(kinds, ("ok", "failed", "parked"), strict=True):
        kind.left(outcome, 2.0)
    found = series(metrics)
    script = ("default", "EXECUTE_SCRIPT")
    assert found["headrace_jobs_started_total", "crm", *script] == 2
    assert found["headrace_jobs_finished_total", "crm", "ok", *script] == 1
    assert found["headrace_jobs_finished_total", "crm", "failed", *script] == 1
    assert found["headrace_attempts_left_total", "parked"] == 1
    assert found["headrace_job_wait_seconds_bucket", "0.05", "low", "default"] == 0
    assert found["headrace_job_wait_seconds_bucket", "0.1", "low", "default"] == 1
    assert found["headrace_job_wait_seconds_count", "low", "default"] == 1
    assert found["headrace_job_wait_seconds_sum", "low", "default"] == 0.0625
    assert found["headrace_attempt_duration_seconds_count", "default", "EXECUTE_SCRIPT"] == 3
    assert found["headrace_attempt_duration_seconds_sum", "default", "EXECUTE_SCRIPT"] == 6
    assert found["headrace_claim_jobs_sum",] == 3


def test_an_urgent_job_waits_since_it_was_created() -> None:
    """It stands in the list as of yesterday; that is no wait."""
    metrics = Metrics()
    metrics.jobs.claimed([Claim()], [NOW_S - 86_400], seconds=0.0)
    assert series(metrics)["headrace_job_wait_seconds_sum", "normal", "default"] == 0


def test_every_way_to_leave_is_there_before_it_happens() -> None:
    """A rate of something that never happened is 0, not absent."""
    found = series(Metrics())
    assert {key[1] for key in found if key[0] == "headrace_attempts_left_total"} == set(LEFT)


def test_apps_cannot_make_series_without_end() -> None:
    """10,000 apps with a queue each: a bounded number of series, and nothing is lost of the counts."""
    metrics = Metrics()
    for n in range(10_000):
        (kind,) = metrics.jobs.claimed([Claim(app=f"app{n}", queue=f"queue{n}")], [NOW_S], seconds=0.0)
        kind.left("ok", 0.1)
    found = series(metrics)
    started = {key: value for key, value in found.items() if key[0] == "headrace_jobs_started_total"}
    assert sum(started.values()) == 10_000
    assert len(started) == MOST_KINDS + 1
    assert started["headrace_jobs_started_total", "other", "other", "EXECUTE_SCRIPT"] == 10_000 - MOST_KINDS
    waits = [key for key in found if key[0] == "headrace_job_wait_seconds_bucket"]
    assert len(waits) <= (MOST_QUEUES + 2) * (len(WAIT_S) + 1)


def test_queues_of_the_database_are_bounded_as_well() -> None:
    """The first 40 by name, and the others as one: their sum, and the age of their oldest."""
    metrics = Metrics()
    metrics.watch_queue()
    lanes = [LaneDepth(f"queue{n:02}", "normal", 2, float(n)) for n in range(50)]
    metrics.depth = Depth(lanes, dict.fromkeys([*TOTALS, "created"], 1.0))
    found = series(metrics)
    assert found["headrace_queue_depth", "normal", "other"] == 20
    assert found["headrace_queue_oldest_seconds", "normal", "other"] == 49
    assert sum(key[0] == "headrace_queue_depth" for key in found) == 41


def test_an_outage_shows_no_numbers_of_the_queue() -> None:
    """The last ones would be taken for fresh."""
    metrics = Metrics()
    metrics.watch_queue()
    found = series(metrics)
    assert found["headrace_database_up",] == 0
    assert not {key[0] for key in found} & {"headrace_jobs_live", "headrace_queue_depth", "headrace_workers_alive"}
