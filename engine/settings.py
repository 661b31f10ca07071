"""The settings, read once: from a file, then the environment, then the command line; the later wins.

This is the only module that reads the environment. Every value remembers where it came from, so that
`headrace config` can say it.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.errors import ConfigError

FILE_NAME = "headrace.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process of Headrace needs to know. Times are in the unit that the name ends with."""

    database_url: str | None = field(
        default=None, metadata={"help": "PostgreSQL; without it the embedded server", "secret": "password"}
    )
    data_dir: Path = field(default=Path(".headrace"), metadata={"help": "where the embedded server keeps its data"})
    pg_bin: Path | None = field(default=None, metadata={"help": "folder of initdb and postgres, embedded server only"})
    pool_size: int = field(default=10, metadata={"help": "connections a process may open", "min": 2, "max": 500})
    statement_cache: bool = field(default=True, metadata={"help": "false behind PgBouncer before 1.21"})
    listen: bool = field(default=True, metadata={"help": "LISTEN for wake-ups; false behind PgBouncer, polling stays"})
    slots: int = field(default=8, metadata={"help": "jobs that a worker runs at once", "min": 1, "max": 10_000})
    queues: str = field(
        default="", metadata={"help": "queues that a worker serves, separated by commas; all without it", "empty": True}
    )
    handlers: str = field(
        default="",
        metadata={"help": "Python modules with job handlers for a worker, separated by commas", "empty": True},
    )
    handler_apps: str = field(
        default="",
        metadata={
            "help": "apps whose jobs these handlers take: APP or APP/HANDLER, separated by commas; all without it",
            "empty": True,
        },
    )
    poll_ms: int = field(default=1000, metadata={"help": "how often an idle worker looks", "min": 10, "max": 60_000})
    heartbeat_ms: int = field(default=5000, metadata={"help": "how often a worker renews", "min": 50, "max": 60_000})
    stale_ms: int = field(
        default=30_000, metadata={"help": "a worker silent for this long is dead", "min": 200, "max": 3_600_000}
    )
    grace_ms: int = field(
        default=10_000, metadata={"help": "time for running jobs on SIGTERM", "min": 0, "max": 3_600_000}
    )
    retention_days: int = field(
        default=0,
        metadata={"help": "months that ended so long ago are dropped; 0 keeps everything", "min": 0, "max": 36_600},
    )
    scheduler: bool = field(default=True, metadata={"help": "a worker also makes the runs of schedules"})
    schedule_runs_days: int = field(
        default=30, metadata={"help": "how long it is kept what became of a schedule's runs", "min": 1, "max": 36_600}
    )
    files_dir: Path | None = field(
        default=None,
        metadata={"help": "folder, shared by all processes, for uploads and exports; else they are in PostgreSQL"},
    )
    export_days: int = field(
        default=30,
        metadata={"help": "how long the file of an export is kept; 0 keeps it", "min": 0, "max": 36_600},
    )
    retry_base_ms: int = field(
        default=1000, metadata={"help": "backoff of the first retry", "min": 1, "max": 3_600_000}
    )
    retry_max_ms: int = field(
        default=600_000, metadata={"help": "backoff never exceeds this", "min": 1, "max": 86_400_000}
    )
    low_priority_percent: int = field(
        default=10, metadata={"help": "share of claims that low-priority jobs get first", "min": 1, "max": 100}
    )
    script_timeout_ms: int = field(
        default=120_000,
        metadata={"help": "wall time of a script, unless its app says otherwise", "min": 1, "max": 86_400_000},
    )
    script_timeout_max_ms: int = field(
        default=86_400_000, metadata={"help": "the most wall time that an app may ask for", "min": 1, "max": 86_400_000}
    )
    script_cpu_ms: int = field(
        default=120_000,
        metadata={"help": "CPU time of a script, unless its app says otherwise", "min": 1, "max": 86_400_000},
    )
    script_cpu_max_ms: int = field(
        default=3_600_000, metadata={"help": "the most CPU time that an app may ask for", "min": 1, "max": 86_400_000}
    )
    script_memory_mb: int = field(
        default=256,
        metadata={"help": "memory of a script's process, unless its app says otherwise", "min": 64, "max": 65_536},
    )
    script_memory_max_mb: int = field(
        default=1024, metadata={"help": "the most memory that an app may ask for", "min": 64, "max": 65_536}
    )
    script_calls: int = field(
        default=100_000,
        metadata={
            "help": "host calls of one run of a script, unless its app says otherwise",
            "min": 1,
            "max": 10_000_000,
        },
    )
    script_calls_max: int = field(
        default=1_000_000, metadata={"help": "the most host calls that an app may ask for", "min": 1, "max": 10_000_000}
    )
    script_call_kb: int = field(
        default=8192, metadata={"help": "size of one host call, and of its answer", "min": 16, "max": 65_536}
    )
    script_result_kb: int = field(
        default=8192, metadata={"help": "size of what a script returns", "min": 1, "max": 65_536}
    )
    script_source_kb: int = field(
        default=1024, metadata={"help": "size of a script, and of each that it may use", "min": 1, "max": 16_384}
    )
    job_log_lines: int = field(
        default=10_000, metadata={"help": "lines that one run of a script may log", "min": 1, "max": 10_000_000}
    )
    job_log_kb: int = field(
        default=10_240, metadata={"help": "size of what one run of a script may log", "min": 1, "max": 1_048_576}
    )
    unsafe_scripts: bool = field(
        default=False, metadata={"help": "run scripts where the system cannot isolate them (development only)"}
    )
    api_host: str = field(default="127.0.0.1", metadata={"help": "address on which the HTTP API listens"})
    api_port: int = field(
        default=8080, metadata={"help": "port of the HTTP API; 0 for any that is free", "min": 0, "max": 65_535}
    )
    api_requests_per_minute: int = field(
        default=600, metadata={"help": "requests of an app to each API process", "min": 1, "max": 10_000_000}
    )
    api_body_kb: int = field(default=1024, metadata={"help": "size of a request's body", "min": 1, "max": 1_048_576})
    api_upload_mb: int = field(default=1024, metadata={"help": "size of an uploaded file", "min": 1, "max": 1_048_576})
    api_wait_ms: int = field(
        default=60_000, metadata={"help": "longest wait for a job in one request", "min": 0, "max": 3_600_000}
    )
    api_stream_ms: int = field(
        default=600_000,
        metadata={"help": "after this an event stream closes and its reader comes back", "min": 1, "max": 86_400_000},
    )
    api_cors_origins: str = field(
        default="", metadata={"help": "origins, with commas, whose pages may call the API; none by default"}
    )
    webhook_private: bool = field(
        default=False, metadata={"help": "apps may send webhooks to private addresses, such as those of this network"}
    )
    http_timeout_ms: int = field(
        default=30_000, metadata={"help": "longest wait for a request of a script", "min": 100, "max": 600_000}
    )
    http_response_kb: int = field(
        default=4096, metadata={"help": "size of what answers a request of a script", "min": 1, "max": 16_384}
    )
    http_private_hosts: str = field(
        default="",
        metadata={
            "help": "hosts, with commas, that apps may reach although their addresses are private",
            "empty": True,
        },
    )
    freshworks_requests_per_minute: int = field(
        default=50,
        metadata={
            "help": "requests of an app to the doors of /freshworks, over all API processes",
            "min": 1,
            "max": 10_000_000,
        },
    )
    vault_keys: str | None = field(
        default=None,
        metadata={"help": "keys, with commas, for apps' parameters at rest; the first one encrypts", "secret": "all"},
    )
    amqp_url: str | None = field(
        default=None,
        metadata={"help": "broker for messages of apps, amqp://…; without it LISTEN and NOTIFY", "secret": "password"},
    )
    metrics_host: str = field(default="127.0.0.1", metadata={"help": "address of /metrics and of the probes"})
    metrics_port: int = field(
        default=0,
        metadata={"help": "port of /metrics and of the probes; 0 for any that is free", "min": 0, "max": 65_535},
    )
    smtp_host: str | None = field(default=None, metadata={"help": "mail server of the workers; no mail without it"})
    smtp_port: int = field(default=587, metadata={"help": "port of the mail server", "min": 1, "max": 65_535})
    smtp_security: str = field(
        default="starttls",
        metadata={"help": "starttls, tls or none", "choices": ("starttls", "tls", "none")},
    )
    smtp_user: str | None = field(default=None, metadata={"help": "name at the mail server; no login without it"})
    smtp_password: str | None = field(default=None, metadata={"help": "password at the mail server", "secret": "all"})
    smtp_sender: str | None = field(
        default=None, metadata={"help": "from whom mail comes, such as 'Headrace <no-reply@example.org>'"}
    )
    smtp_timeout_ms: int = field(
        default=30_000, metadata={"help": "longest wait for the mail server's answer", "min": 100, "max": 600_000}
    )
    traces: bool = field(
        default=False, metadata={"help": "send OpenTelemetry traces; the standard OTEL_* variables say where to"}
    )
    log_format: str = field(default="text", metadata={"help": "text or json", "choices": ("text", "json")})
    log_level: str = field(
        default="info",
        metadata={"help": "debug, info, warning or error", "choices": ("debug", "info", "warning", "error")},
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and for each its origin: default, a file, an environment variable or an option."""

    settings: Settings
    origins: Mapping[str, str]


def load(
    *,
    options: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    file: Path | None = None,
) -> Loaded:
    """The settings in force. `options` are those of the command line that were given.

    The file is `file`, else the one that HEADRACE_CONFIG names, else headrace.toml in `folder`. DATABASE_URL is
    HEADRACE_DATABASE_URL's older name. ConfigError names the setting, its value, its origin and what is allowed.
    """
    environ = os.environ if environ is None else environ
    found: dict[str, tuple[Any, str]] = {}
    found.update(_from_file(_file(environ, folder or Path.cwd(), file)))
    found.update(_from_environment(environ))
    found.update({name: (value, "command line") for name, value in (options or {}).items() if value is not None})
    values = {name: _checked(name, value, origin) for name, (value, origin) in found.items()}
    origins = {item.name: found[item.name][1] if item.name in found else "default" for item in fields(Settings)}
    return Loaded(Settings(**values), MappingProxyType(origins))


def _file(environ: Mapping[str, str], folder: Path, file: Path | None) -> Path | None:
    """The settings file; None if nobody named one and there is none in the folder."""
    named = environ.get("HEADRACE_CONFIG")
    path, origin = (file, "--config") if file is not None else (Path(named) if named else None, "HEADRACE_CONFIG")
    if path is None:
        path = folder / FILE_NAME
        return path if path.exists() else None
    if not path.is_file():
        raise ConfigError.field(origin, str(path), "the path of a file that exists")
    return path


def _from_file(path: Path | None) -> dict[str, tuple[Any, str]]:
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error.reason} at byte {error.start}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    return {_known(name, str(path)): (value, str(path)) for name, value in content.items()}


def _known(name: str, origin: str) -> str:
    names = [item.name for item in fields(Settings)]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"{origin}: unknown setting {name!r}{hint}; expected one of {', '.join(names)}")
    return name


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    if environ.get("DATABASE_URL"):
        found["database_url"] = (environ["DATABASE_URL"], "DATABASE_URL")
    for item in fields(Settings):
        variable = f"HEADRACE_{item.name.upper()}"
        if environ.get(variable):
            found[item.name] = (environ[variable], variable)
    return found


def _checked(name: str, value: Any, origin: str) -> Any:
    """The value in the setting's type and range."""
    item = next(item for item in fields(Settings) if item.name == name)
    what = f"{name} (from {origin})"
    if item.type == "bool":
        return _boolean(what, value)
    if item.type == "int":
        return _integer(what, value, item.metadata["min"], item.metadata["max"])
    if not isinstance(value, str | Path) or not (str(value) or item.metadata.get("empty")):
        raise ConfigError.field(what, value, "a text that is not empty")
    if "choices" in item.metadata and value not in item.metadata["choices"]:
        raise ConfigError.field(what, value, f"one of {', '.join(item.metadata['choices'])}")
    return Path(value) if "Path" in str(item.type) else str(value)


def _boolean(what: str, value: Any) -> bool:
    match value:
        case bool():
            return value
        case "true" | "1" | "yes" | "on":
            return True
        case "false" | "0" | "no" | "off":
            return False
    raise ConfigError.field(what, value, "true or false")


def _integer(what: str, value: Any, low: int, high: int) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise ConfigError.field(what, value, f"a whole number from {low} to {high}")
    return number


def colours_wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Whether whoever watches a terminal wants colours there (no-color.org)."""
    environ = os.environ if environ is None else environ
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
