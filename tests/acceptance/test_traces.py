"""Traces: the tree of spans that jobs leave, by OpenTelemetry's own exporter in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from engine.jobs import store
from engine.model import JobType, NewJob
from engine.settings import Settings
from engine.tracing import context, otel
from tests.acceptance.conftest import CRM, Platform
from tests.atwork import worker_on
from tests.patience import patience

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True, slots=True)
class Traced(Platform):
    """A platform whose spans are kept."""

    spans: InMemorySpanExporter

    def of(self, trace_id: int) -> list[ReadableSpan]:
        """The spans of one trace that have ended, in the order of their beginnings."""
        found = [span for span in self.spans.get_finished_spans() if span.context.trace_id == trace_id]
        return sorted(found, key=lambda span: span.start_time or 0)

    async def until(self, trace_id: int, name: str, count: int = 1) -> list[ReadableSpan]:
        """They once so many of this name are there: an attempt's span ends a moment after its job."""
        async with patience(f"{count} spans {name}"):
            while [span.name for span in self.of(trace_id)].count(name) < count:
                await self.pause()
        return self.of(trace_id)


@pytest.fixture
async def traced(fresh_database: str) -> AsyncIterator[Traced]:
    """A worker with one slot that tells its spans to an exporter in memory."""
    settings = Settings(database_url=fresh_database, slots=1, poll_ms=100, retry_base_ms=10)
    spans = InMemorySpanExporter()
    tracer = otel.OtelTracer(otel.provider_of(SimpleSpanProcessor(spans), instance="test"))
    async with worker_on(settings, CRM, tracer=tracer) as pool:
        yield Traced(pool, spans)


def tree(spans: list[ReadableSpan]) -> list[tuple[str, str | None]]:
    """Each span's name with its parent's; None for a parent that is not among them."""
    names = {span.context.span_id: span.name for span in spans}
    return [(span.name, names.get(span.parent.span_id) if span.parent else None) for span in spans]


async def test_a_job_in_its_callers_trace(traced: Traced) -> None:
    """Who enqueues within a trace finds there the waiting, the attempt, the script and its calls."""
    with context.within(CALLER):
        job_id = await traced.start("one.js", "sys.jobs.getCurrentJob(); log('x'); return 1;")
    await traced.ended(job_id)
    attempt = "EXECUTE_SCRIPT one.js"
    spans = await traced.until(int(CALLER[3:35], 16), attempt)
    assert tree(spans) == [
        ("waiting", None),
        (attempt, None),
        ("script", attempt),
        ("sys.jobs.current", "script"),
        ("sys.jobs.log", "script"),
    ]
    by_name = {span.name: span for span in spans}
    for name in ("waiting", attempt):
        assert by_name[name].parent is not None
        assert f"{by_name[name].parent.span_id:016x}" == CALLER[36:52]
    assert by_name["waiting"].end_time <= by_name[attempt].start_time + 1_000_000
    attributes = dict(by_name[attempt].attributes or {})
    assert attributes == {
        "headrace.job.id": str(job_id),
        "headrace.job.root_id": str(job_id),
        "headrace.job.attempt": 1,
        "headrace.app": "crm",
        "headrace.queue": "default",
        "headrace.outcome": "ok",
    }
    assert by_name[attempt].resource.attributes["service.name"] == "headrace"


async def test_a_child_is_inside_the_call_that_made_it(traced: Traced) -> None:
    """Parent and awaited child are one trace, whose number anybody can find from the root job's id."""
    source = """
var id = sys.data.executeAction('companies', {type: 'a'}, 'logSomething', {param1: 'a', param2: 'b'});
return sys.jobs.waitForJob(id, 'FINISHED').status();
"""
    job_id = await traced.start("parent.js", source)
    await traced.ended(job_id)
    call, parent, child = "sys.data.executeAction", "EXECUTE_SCRIPT parent.js", "EXECUTE_ACTION companies.logSomething"
    spans = await traced.until(context.trace_of(job_id), parent, 2)
    found = tree(spans)
    assert (call, "script") in found
    assert (child, call) in found
    assert found.count(("waiting", call)) == 1
    attempts = [span for span in spans if span.name == parent]
    assert [(span.attributes or {})["headrace.outcome"] for span in attempts] == ["parked", "ok"]


async def test_a_failure_and_its_retry_are_two_attempts_of_one_trace(traced: Traced) -> None:
    """Each attempt has its own span with its number and outcome; errors are named by code, never quoted."""
    spec = {"scriptName": "bad.py", "source": "raise ValueError('secret')", "language": "python", "params": {}}
    async with traced.pool.transaction() as conn:
        new = NewJob("crm", JobType.EXECUTE_SCRIPT, "bad.py", "bad.py", spec, max_attempts=2)
        (job_id,) = await store.create(conn, [new])
    await traced.ended(job_id)
    spans = await traced.until(context.trace_of(job_id), "EXECUTE_SCRIPT bad.py", 2)
    attempts = [span for span in spans if span.name == "EXECUTE_SCRIPT bad.py"]
    assert [(span.attributes or {})["headrace.job.attempt"] for span in attempts] == [1, 2]
    assert [(span.attributes or {})["headrace.outcome"] for span in attempts] == ["retried", "failed"]
    assert {span.status.status_code for span in attempts} == {StatusCode.ERROR}
    assert [span.name for span in spans].count("waiting") == 1
    assert "secret" not in "".join(span.to_json() for span in spans)


async def test_without_a_tracer_the_callers_context_is_handed_on(platform: Platform) -> None:
    """A worker that traces nothing still lets a job's children know whose trace they are in."""
    with context.within(CALLER):
        job_id = await platform.start("one.py", "return 1")
    job = await platform.ended(job_id)
    assert job.spec[context.KEY] == CALLER
    assert context.KEY not in job.data
