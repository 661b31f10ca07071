"""Traces: what a request led to, over jobs, attempts, scripts and their calls."""

from engine.tracing import context
from engine.tracing.spans import OFF, Span, Tracer

__all__ = ["OFF", "Span", "Tracer", "context"]
