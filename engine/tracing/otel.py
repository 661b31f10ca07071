"""The engine's spans as OpenTelemetry's. Only this module imports it, and only where the setting `traces` is on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import (
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_VERSION,
    OTELResourceDetector,
    Resource,
)
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from engine import __version__
from engine.errors import HeadraceError
from engine.tracing import context
from engine.tracing.spans import Claimed, Value, dotted

_trace_id: ContextVar[int | None] = ContextVar("trace_id", default=None)


class _Ids(RandomIdGenerator):
    """Random numbers, but for a trace whose number is known before it begins."""

    def generate_trace_id(self) -> int:
        """See IdGenerator."""
        return _trace_id.get() or super().generate_trace_id()


@asynccontextmanager
async def exported(*, instance: str) -> AsyncIterator[OtelTracer]:
    """A tracer that sends in batches, by OTLP over HTTP, to where the standard variables OTEL_* say.

    `instance` tells processes apart. What waits at the end of the block is sent before it is left.
    """
    provider = provider_of(BatchSpanProcessor(OTLPSpanExporter()), instance=instance)
    try:
        yield OtelTracer(provider)
    finally:
        # It waits for the network.
        await asyncio.to_thread(provider.shutdown)


def provider_of(processor: SpanProcessor, *, instance: str) -> TracerProvider:
    """A provider of the engine's own: the global one belongs to whoever embeds the engine."""
    described = {SERVICE_NAME: "headrace", SERVICE_VERSION: __version__, SERVICE_INSTANCE_ID: instance}
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES count more than what we say.
    resource = Resource(described).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider


class OtelTracer:
    """See Tracer."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("headrace", __version__)

    def span(self, name: str, **attributes: Value | None) -> AbstractContextManager[_Span]:
        """See Tracer."""
        return self._entered(self._started(name, context.current(), SpanKind.INTERNAL, attributes))

    def request(self, traceparent: str | None) -> AbstractContextManager[_Span]:
        """See Tracer."""
        return self._entered(self._started("HTTP", context.parsed(traceparent), SpanKind.SERVER, {}))

    @contextmanager
    def attempt(self, claim: Claimed) -> Iterator[_Span]:
        """See Tracer."""
        parent, described = context.parsed(claim.spec.get(context.KEY)), _described(claim)
        token = _trace_id.set(context.trace_of(claim.root_id))
        try:
            if claim.attempt == 1:
                since = round(claim.created_s * 1e9)
                self._started("waiting", parent, SpanKind.INTERNAL, described, since=since).end()
            span = self._started(f"{claim.type.value} {claim.name}", parent, SpanKind.CONSUMER, described)
        finally:
            _trace_id.reset(token)
        with self._entered(span) as entered:
            yield entered

    def _started(
        self,
        name: str,
        parent: str | None,
        kind: SpanKind,
        attributes: Mapping[str, Value | None],
        *,
        since: int | None = None,
    ) -> trace.Span:
        return self._tracer.start_span(name, _parent(parent), kind, attributes=dotted(attributes), start_time=since)

    @contextmanager
    def _entered(self, span: trace.Span) -> Iterator[_Span]:
        entered = _Span(span)
        with (
            trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False),
            context.within(_traceparent(span.get_span_context())),
        ):
            try:
                yield entered
            except HeadraceError as error:
                entered.fail(error.code)
                raise


class _Span:
    """See Span."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def name(self, name: str) -> None:
        """See Span."""
        self._span.update_name(name)

    def set(self, **attributes: Value | None) -> None:
        """See Span."""
        self._span.set_attributes(dotted(attributes))

    def fail(self, code: str) -> None:
        """See Span."""
        self._span.set_attribute("error.type", code)
        self._span.set_status(Status(StatusCode.ERROR, code))


def _described(claim: Claimed) -> dict[str, Value | None]:
    return {
        "headrace.job.id": str(claim.id),
        "headrace.job.root_id": str(claim.root_id),
        "headrace.job.attempt": claim.attempt,
        "headrace.app": claim.app,
        "headrace.queue": claim.queue,
    }


def _parent(traceparent: str | None) -> Context:
    """The context of somebody else's span; an empty one, so that a trace begins, for None."""
    if traceparent is None:
        return Context()
    _, trace_id, span_id, flags = traceparent.split("-")
    found = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))
    return trace.set_span_in_context(NonRecordingSpan(found), Context())


def _traceparent(found: SpanContext) -> str:
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"
