"""What attacks are after, planted around the sandbox; and the search for signs that one of them got it."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from scripting.model import Json, Outcome, Reply, Returned, Threw, Value
from tests.scripting.escapes.corpus import Attack
from tests.scripting.recorder import Answer, Recorder

BROKEN = "BROKEN"
VARIABLE = "HEADRACE_TEST_LOOT"
RECORD = {"id": "R1", "entity": "companies", "label": "A", "version": 1, "data": {"name": "A"}}
_JOB = {"id": "J1", "label": "a job", "status": "RUNNING", "createDate": {"$date": 5}, "data": {}}
ANSWERS: dict[str, Json] = {
    "jobs.find": {"items": [_JOB], "next": None},
    "jobs.findById": _JOB,
    "jobs.current": _JOB,
    "jobs.currentId": "J1",
    "jobs.executeInJob": {"ids": ["J2"]},
    "data.findById": RECORD,
    "data.save": RECORD,
}


@dataclass
class Canaries:
    """A secret in a file and in the environment, a folder to write in, a port to reach."""

    folder: Path
    loot: str = field(default_factory=lambda: f"loot-{secrets.token_hex(16)}")
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.listener.setblocking(False)
        os.environ[VARIABLE] = self.loot
        self._secret.write_text(self.loot, encoding="utf-8")

    @property
    def _secret(self) -> Path:
        return self.folder / "secret"

    def armed(self, attack: Attack) -> str:
        """The attack's text with its targets in it."""
        text = attack.text
        for name, value in self._targets(attack).items():
            text = text.replace(f"@{name}@", value)
        return text

    def _targets(self, attack: Attack) -> dict[str, str]:
        port = self.listener.getsockname()[1]
        return {
            "SECRET_FILE": str(self._secret),
            "MARK": str(self._mark(attack)),
            "PORT": str(port),
            "PID": str(os.getpid()),
        }

    def _mark(self, attack: Attack) -> Path:
        return self.folder / f"{attack.folder}-{attack.name}"

    def taken(self, attack: Attack, said: str) -> list[str]:
        """What got out of the process: the secret, a file, a connection. Forgets it, for the next attack."""
        signs = ["the secret was read"] if self.loot in said else []
        mark = self._mark(attack)
        if mark.exists():
            mark.unlink()
            signs.append("a file was written")
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return signs
        return [*signs, "a connection was made"]

    def close(self) -> None:
        """Removes what was planted outside of the folder."""
        del os.environ[VARIABLE]
        self.listener.close()


async def _answer(method: str, args: list[Json]) -> Reply:
    return Value(ANSWERS.get(method), now_ms=1_000)


@dataclass
class Calls(Recorder):
    """The host's side: answers as if there were an app, and remembers what was said, the runs' ends included."""

    answer: Answer = _answer
    ends: list[str] = field(default_factory=list)

    def said(self) -> str:
        """All of it."""
        return "\n".join([*(f"{method} {args}" for _, method, args in self.seen), *self.ends])


def text_of(outcome: Outcome) -> str:
    """What a run said at its end; not its source, which an error quotes."""
    match outcome:
        case Returned(value=value):
            return str(value)
        case Threw():
            return outcome.message
        case _:
            return str(outcome)


def end_of(outcome: Outcome) -> str:
    """How a run ended: returned, threw, or the limit that killed it."""
    match outcome:
        case Returned():
            return "returned"
        case Threw():
            return "threw"
    return str(getattr(outcome, "limit", "interrupted"))
