"""Which limits hold for the scripts of a job, and how to raise the one that ended a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType

from engine.apps.limits import ScriptLimits
from engine.settings import Settings
from scripting.model import Killed, Limits

_MB, _KB = 1024 * 1024, 1024


@dataclass(frozen=True, slots=True)
class _Setting:
    """The operator's settings behind a limit: the default, and the most that an app may ask for."""

    default: str
    most: str


_SETTINGS: Mapping[str, _Setting] = MappingProxyType(
    {
        "wall_ms": _Setting("script_timeout_ms", "script_timeout_max_ms"),
        "cpu_ms": _Setting("script_cpu_ms", "script_cpu_max_ms"),
        "memory_mb": _Setting("script_memory_mb", "script_memory_max_mb"),
        "calls": _Setting("script_calls", "script_calls_max"),
        "call_kb": _Setting("script_call_kb", "script_call_kb"),
        "result_kb": _Setting("script_result_kb", "script_result_kb"),
        "source_kb": _Setting("script_source_kb", "script_source_kb"),
        "log_lines": _Setting("job_log_lines", "job_log_lines"),
        "log_kb": _Setting("job_log_kb", "job_log_kb"),
    }
)
# What the sandbox calls the limit that it enforced.
_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "wall": "wall_ms",
        "cpu": "cpu_ms",
        "memory": "memory_mb",
        "calls": "calls",
        "frame": "call_kb",
        "result": "result_kb",
        "source": "source_kb",
    }
)


@dataclass(frozen=True, slots=True)
class InForce:
    """The limits of one job: a number each, in the unit that its name ends with."""

    wall_ms: int
    cpu_ms: int
    memory_mb: int
    calls: int
    call_kb: int
    result_kb: int
    source_kb: int
    log_lines: int
    log_kb: int

    def sandbox(self) -> Limits:
        """As the sandbox enforces them."""
        return Limits(
            wall_ms=self.wall_ms,
            cpu_ms=self.cpu_ms,
            memory_bytes=self.memory_mb * _MB,
            frame_bytes=self.call_kb * _KB,
            result_bytes=self.result_kb * _KB,
            source_bytes=self.source_kb * _KB,
            calls=self.calls,
        )

    def explained(self, killed: Killed, settings: Settings) -> Killed:
        """The same end; the message also says who may raise the limit, where, and how far."""
        key = _KEYS.get(killed.limit)
        if key is None:
            return killed
        return replace(killed, message=f"{killed.message}; {_advice(key, getattr(self, key), settings)}")


def in_force(settings: Settings, declared: ScriptLimits, *, timeout_ms: int | None = None) -> InForce:
    """What was declared, else the operator's default, and never more than the operator allows.

    `timeout_ms` is the job's own time-out, which comes before what is declared.
    """
    asked = asdict(declared)
    if timeout_ms is not None:
        asked["wall_ms"] = timeout_ms
    return InForce(**{field.name: _cut(settings, field.name, asked[field.name]) for field in fields(InForce)})


def _cut(settings: Settings, key: str, asked: int | None) -> int:
    setting = _SETTINGS[key]
    return int(getattr(settings, setting.default)) if asked is None else min(asked, _most(settings, setting))


def _advice(key: str, value: int, settings: Settings) -> str:
    most = _most(settings, _SETTINGS[key])
    if value < most:
        also = ", or the option timeout" if key == "wall_ms" else ""
        return f"limits.{key} in app.toml{also} raises it to at most {most}"
    return f"it is the most that is allowed here (setting {_SETTINGS[key].most})"


def _most(settings: Settings, setting: _Setting) -> int:
    # An operator who raises only a default means it.
    default, most = int(getattr(settings, setting.default)), int(getattr(settings, setting.most))
    return max(default, most)
