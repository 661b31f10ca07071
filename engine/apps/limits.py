"""The limits that an app declares for its scripts: for all of them, and for a single action, listener or endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ScriptLimits:
    """What was declared; None leaves it to the app, and there to the operator's settings.

    An app may lower every limit. What it may raise, and how far, the operator says (settings `script_*_max*`).
    """

    wall_ms: int | None = None
    cpu_ms: int | None = None
    memory_mb: int | None = None
    calls: int | None = None
    call_kb: int | None = None
    result_kb: int | None = None
    source_kb: int | None = None
    log_lines: int | None = None
    log_kb: int | None = None

    def over(self, wider: ScriptLimits) -> ScriptLimits:
        """These limits, and where they say nothing those of `wider`."""
        own = {name: value for name, value in asdict(self).items() if value is not None}
        return ScriptLimits(**{**asdict(wider), **own})


# The least and the most that an app.toml may say; the operator's settings still cut it.
RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "wall_ms": (1, 86_400_000),
        "cpu_ms": (1, 86_400_000),
        "memory_mb": (16, 65_536),
        "calls": (1, 10_000_000),
        "call_kb": (16, 65_536),
        "result_kb": (1, 65_536),
        "source_kb": (1, 16_384),
        "log_lines": (1, 10_000_000),
        "log_kb": (1, 1_048_576),
    }
)
