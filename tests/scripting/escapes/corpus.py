"""The attacks as data: one a file under attacks/, its header says what it is after and where it comes from.

    python/       against the policy of Python; with the language layer off each of them succeeds there
    javascript/   against the engine and the stubs of JavaScript
    process/      full CPython: what an attacker tries who broke the language
    protocol/     full CPython that talks to the host behind the protocol's back

A file begins with comments `key: value`:

    aim       what it would reach                          kind     escape, leak, tamper, exhaust or protocol
    source    a CVE, a write-up, or ours                   ends     how it has to end under the whole stack,
    limits    the session's, where they matter                      alternatives separated by |
    control   none: why the naive sandbox withstands it too

It returns, logs or raises BROKEN once it holds what it is after. `params.turn` is 1, then 2 in the next run of
the same child. @SECRET_FILE@, @MARK@, @PORT@ and @PID@ stand for what is to be read, written, reached, signalled.

`python -m tests.scripting.escapes.corpus` writes the table of docs/security.md anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).parent / "attacks"
DOCUMENT = ROOT / "docs" / "security.md"
KINDS = ("escape", "leak", "tamper", "exhaust", "protocol")
FOLDERS = ("python", "javascript", "process", "protocol")
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"
_HEADER = re.compile(r"^(?:#|//) (aim|kind|source|ends|limits|control): (.+)$")


@dataclass(frozen=True, slots=True)
class Attack:
    """One file of the corpus."""

    folder: str
    name: str
    aim: str
    kind: str
    source: str
    text: str
    ends: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    control: str | None = None

    @property
    def id(self) -> str:
        """folder/name."""
        return f"{self.folder}/{self.name}"

    @property
    def turns(self) -> tuple[int, ...]:
        """An attack on the next run needs a next run."""
        return (1, 2) if self.kind == "tamper" else (1,)


def load() -> list[Attack]:
    """Every attack, by folder and name."""
    paths = [
        path for folder in FOLDERS for path in sorted((FOLDER / folder).iterdir()) if path.suffix in (".py", ".js")
    ]
    return [_read(path) for path in paths]


def _read(path: Path) -> Attack:
    text = path.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    for line in text.splitlines():
        match = _HEADER.match(line)
        if match is None:
            break
        header[match[1]] = match[2]
    limits = dict(part.split("=") for part in header.get("limits", "").split())
    return Attack(
        folder=path.parent.name,
        name=path.stem,
        aim=header["aim"],
        kind=header["kind"],
        source=header["source"],
        text=text,
        ends=tuple(filter(None, header.get("ends", "").split("|"))),
        limits={key: int(value) for key, value in limits.items()},
        control=header.get("control"),
    )


def table() -> str:
    """The attacks as the table of docs/security.md."""
    rows = [f"| {attack.id} | {attack.kind} | {attack.aim} | {attack.source} |" for attack in load()]
    head = ["| attack | kind | aim | source |", "|---|---|---|---|"]
    return "\n".join([BEGIN, f"{len(rows)} attacks.", "", *head, *rows, END])


def documented() -> str:
    """The table that the document has now."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return text[text.index(BEGIN) : text.index(END) + len(END)]


if __name__ == "__main__":
    DOCUMENT.write_text(DOCUMENT.read_text(encoding="utf-8").replace(documented(), table()), encoding="utf-8")
