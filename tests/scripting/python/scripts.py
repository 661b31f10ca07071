"""Runs Python scripts in this process, against a host that remembers its calls and answers from a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scripting.model import Json, Threw
from scripting.python import compile
from scripting.runtime import HostError, ScriptFailed

NOW_MS = 1_700_000_000_000
Answer = Json | HostError | Callable[[list[Json]], Json]


@dataclass
class FakeHost:
    """Answers each method with its entry in `answers`: a value, an error, or a function of the arguments."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, list[Json]]] = field(default_factory=list)
    clock_ms: int = NOW_MS
    memory_bytes: int = 256 * 1024 * 1024
    traced: bool = False
    where: Callable[[], str] = str

    def call(self, method: str, args: list[Json]) -> Json:
        """See scripting.runtime.Host."""
        self.calls.append((method, args))
        answer = self.answers.get(method)
        if isinstance(answer, HostError):
            raise answer
        return answer(args) if callable(answer) else answer

    def now_ms(self) -> int:
        """See scripting.runtime.Host."""
        return self.clock_ms

    def logged(self) -> list[Json]:
        """The texts of all lines of log, in order."""
        return [args[2] for method, args in self.calls if method == "jobs.log"]


def run(
    source: str,
    *,
    host: FakeHost | None = None,
    sources: Mapping[str, str] | None = None,
    seed: str = "seed",
    **variables: Json,
) -> Json:
    """The script's value; ScriptFailed if it threw or does not compile."""
    return compile("script.py", source, sources or {}).run(variables, host or FakeHost(), seed)


def failure(source: str, *, host: FakeHost | None = None, **variables: Json) -> Threw:
    """How the script failed."""
    try:
        value = run(source, host=host, **variables)
    except ScriptFailed as failed:
        return failed.threw
    raise AssertionError(f"the script ended with {value!r}")


def problems(source: str) -> list[str]:
    """The messages of all problems that keep the script from compiling."""
    info = failure(source).additional_info
    errors = info["errors"]
    assert isinstance(errors, list)
    return [error["message"] for error in errors]
