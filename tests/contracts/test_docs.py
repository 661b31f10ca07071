"""The documents and the code say the same."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields

import pytest

from engine.apps import manifest
from engine.apps.manifest import ActionKind, FieldType, Trigger
from engine.cli import parser
from engine.cli.exits import MEANINGS
from engine.cli.options import NAMES
from engine.data.conditions import ARITY
from engine.errors import CODES
from engine.executors.table import EXECUTORS
from engine.jobs import logs, search
from engine.jobs.requests import OPTIONS
from engine.model import TRANSITIONS, Status
from engine.settings import Settings
from scripting.facades.table import MODULES
from scripting.stubs import api
from tests.documents import DOCUMENTS, ROOT, anchors, between, links, prose, samples

SCRIPTING, OPERATING, STATES, APPS, COMMAND_LINE = (
    ROOT / "docs" / f"{name}.md" for name in ("scripting", "operating", "job-states", "apps", "command-line")
)


def words(path: object) -> str:
    return path.read_text(encoding="utf-8")  # type: ignore[attr-defined]


def test_internal_links_lead_somewhere() -> None:
    """Each link of a document leads to a file of the repository and, behind a #, to one of its headings."""
    broken = []
    for path in DOCUMENTS:
        for link in links(path):
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            if "://" in link:
                continue
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append(f"{path.relative_to(ROOT)}: {link}")
    assert broken == []


def test_every_document_can_be_reached() -> None:
    """The index links to every document of docs/."""
    found = {link.split("#")[0] for link in links(ROOT / "docs" / "README.md")}
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} <= found


def setting_rows() -> list[str]:
    rows = ["| setting | default | | allowed |", "|---|---|---|---|"]
    for item in fields(Settings):
        default = "" if item.default is None else str(item.default).lower()
        meta = item.metadata
        allowed = "true, false" if item.type == "bool" else ", ".join(meta.get("choices", ()))
        if "min" in meta:
            allowed = f"{meta['min']:,} to {meta['max']:,}"
        rows.append(f"| `{item.name}` | {default} | {meta['help']} | {allowed} |")
    return rows


def test_every_setting_is_documented() -> None:
    """The table of settings is the one that follows from engine/settings.py."""
    assert between(OPERATING, "settings") == setting_rows()


def test_no_setting_is_made_up() -> None:
    """Each HEADRACE_… variable that a document names belongs to a setting, or to the tests."""
    known = {f"HEADRACE_{item.name.upper()}" for item in fields(Settings)} | {"HEADRACE_CONFIG"}
    tests = {"HEADRACE_TEST_DSN", "HEADRACE_TEST_PG_BIN"}
    named = {name for path in DOCUMENTS for name in re.findall(r"HEADRACE_[A-Z_]+[A-Z]", words(path))}
    assert named - known - tests == set()


def test_the_table_of_commands_is_the_code_s() -> None:
    """docs/job-states.md has each command in each status that may be asked, and no other."""
    rows = ["| from | command | to |", "|---|---|---|"]
    rows += [f"| {before} | {command} | {', then '.join(after)} |" for (before, command), after in TRANSITIONS.items()]
    assert sorted(between(STATES, "transitions")) == sorted(rows)


def test_the_diagram_has_every_command() -> None:
    """Each step of a command's way is an arrow of the diagram, and every status is in it."""
    (diagram,) = (sample.text for sample in samples("mermaid") if "job-states" in sample.place)
    for (before, command), (first, *_) in TRANSITIONS.items():
        assert re.search(rf"^\s*{before} --> {first}: {command}$", diagram, re.MULTILINE), (before, command)
    assert all(re.search(rf"\b{status}\b", diagram) for status in Status)


def test_every_error_code_is_documented() -> None:
    """The guide's table of errors has each code, and none that is not."""
    table = words(SCRIPTING).split("## Errors\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| ([a-z][A-Za-z]+) \|", table, re.MULTILINE)) - {"code"} == set(CODES)


def documented_calls(section: str) -> set[str]:
    """The methods in the tables of a section of the guide."""
    text = re.split(rf"^#+ {re.escape(section)}\n", words(SCRIPTING), flags=re.MULTILINE)[1]
    text = re.split(r"^#+ ", text, flags=re.MULTILINE)[0]
    first = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    return {name for cell in first for name in re.findall(r"([A-Za-z]+)\(", cell)}


# What is code and not arrangement, as scripting/stubs/api.py says.
BESIDE_THE_TABLE = {
    "sys.jobs": {"executeInJob"},
    "sys.data": {"save", "remove"},
    "Job": {"waiting", "duration"},
    "Record": {"field", "val", "isNew", "toJson", "fromJson"},
}


@pytest.mark.parametrize(
    ("section", "methods"),
    [
        ("sys.jobs", api.NAMESPACES["jobs"]),
        ("sys.data", api.NAMESPACES["data"]),
        ("sys.users", api.NAMESPACES["users"]),
        ("sys.app", api.NAMESPACES["app"]),
        ("Job", {name for name in api.OBJECTS["Job"] if name != "name"}),
        ("Record", {name for name in api.OBJECTS["Record"] if name != "name"}),
    ],
)
def test_every_call_of_sys_is_documented(section: str, methods: set[str]) -> None:
    """The guide's tables have each method of the scripting API, and none that does not exist."""
    assert documented_calls(section) == set(methods) | BESIDE_THE_TABLE.get(section, set())


def test_every_key_of_a_query_is_documented() -> None:
    """Keys of queries, operators, options and modules stand in the guide."""
    guide = words(SCRIPTING)
    wanted = {*search.KEYS, *logs.KEYS, *OPTIONS, *MODULES, *(f"{name}{args}" for name, args in ARITY.items())}
    assert {word for word in wanted if f"`{word}`" not in guide} == set()
    assert {kind for kind in EXECUTORS if kind not in guide} == set()


def test_every_key_of_app_toml_is_documented() -> None:
    """docs/apps.md names each key, type, kind and trigger that a manifest knows."""
    guide = words(APPS)
    kinds = (
        manifest.Field,
        manifest.Action,
        manifest.Listener,
        manifest.Endpoint,
        manifest.Entity,
        manifest.Manifest,
        manifest.Queue,
    )
    inner = {"name", "seed", "on"}
    keys = {item.name for kind in kinds for item in fields(kind)} - inner
    values = {*FieldType, *ActionKind, *Trigger}
    missing = {word for word in {*keys, *values} if f"`{word}`" not in guide and f"[{word}" not in guide}
    assert missing == set()


def commands(tree: argparse.ArgumentParser, prefix: str = "") -> Iterator[str]:
    """Every command of the grammar, those of lower levels with the upper one before."""
    for action in tree._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                lower = list(commands(below, f"{prefix}{name} "))
                yield from lower or [f"{prefix}{name}"]


def test_every_command_is_documented() -> None:
    """Somewhere in the documents each command of `headrace` is named."""
    text = "\n".join(words(path) for path in DOCUMENTS)
    assert [name for name in commands(parser.build()) if f"headrace {name}" not in text] == []


def options(tree: argparse.ArgumentParser) -> Iterator[str]:
    """Every long option of the grammar that is no setting and no help."""
    for action in tree._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options(below)
        elif action.dest not in (*NAMES, "help", "version"):
            yield from (option for option in action.option_strings if option.startswith("--"))


def test_every_option_and_exit_code_is_documented() -> None:
    """docs/command-line.md names each option that is not a setting, and each exit code with its meaning."""
    guide = words(COMMAND_LINE)
    assert {option for option in options(parser.build()) if f"`{option}" not in guide} == set()
    assert [line for code, text in MEANINGS.items() if (line := f"| {int(code)} | {text} |") not in guide] == []


def test_command_lines_in_the_documents_are_understood() -> None:
    """Each `headrace …` line of a sample, and each in the text, follows the grammar."""
    grammar = parser.build()
    for sample in samples("sh", "console"):
        for line in sample.text.splitlines():
            if (command := line.removeprefix("$ ")).startswith("headrace "):
                grammar.parse_args(shlex.split(command, comments=True)[1:])
    groups = {name.partition(" ")[0] for name in commands(grammar) if " " in name}
    known = {*commands(grammar), *groups}
    for path in DOCUMENTS:
        for command in re.findall(r"`headrace ([a-z][a-z |-]*)", prose(path)):
            first, *rest = command.split()
            grouped = first in groups and rest
            names = [f"{first} {name}" for name in rest[0].split("|")] if grouped else [first]
            assert set(names) <= known, f"{path.name}: headrace {command}"


def test_samples_say_their_language() -> None:
    """Each fenced block of a script is js or python, so that a test runs it; `compile` behind that only compiles it."""
    assert list(samples("javascript", "py", "js-nolint")) == []
    assert {word for sample in samples("js", "python") for word in sample.words} <= {"compile"}
