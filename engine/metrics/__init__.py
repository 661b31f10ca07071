"""What a process counts for Prometheus."""

from engine.metrics.process import Metrics

__all__ = ["Metrics"]
