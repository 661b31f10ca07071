"""The documents as tests see them: their files, headings, links and samples of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS += [ROOT / "examples" / "crm" / "README.md"]

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Sample:
    """A fenced block: its language, the words behind that, its text, and where it stands."""

    place: str
    language: str
    words: tuple[str, ...]
    text: str


def samples(*languages: str) -> Iterator[Sample]:
    """The fenced blocks of these languages in all documents."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for found in _FENCE.finditer(text):
            language, *words = found[1].split() or [""]
            if language in languages:
                line = text[: found.start()].count("\n") + 1
                yield Sample(f"{path.relative_to(ROOT)}:{line}", language, tuple(words), found[2])


def prose(path: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    """Where a document's links lead."""
    return _LINK.findall(prose(path))


def anchors(path: Path) -> set[str]:
    """The names by which a document's headings can be linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def between(path: Path, mark: str) -> list[str]:
    """The lines between <!-- mark --> and <!-- /mark -->."""
    text = path.read_text(encoding="utf-8")
    return text.split(f"<!-- {mark} -->\n")[1].split(f"\n<!-- /{mark} -->")[0].splitlines()
