"""The house rules that a machine can hold: where text, imports and waiting may be."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

import dev

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "scripting")
MOST_LINES = 400

STATEMENT = re.compile(
    r"\s*(select\s.*\sfrom\s|select\s+(\d|count\(|now\(|pg_)|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|"
    r"(create|alter|drop)\s+(table|index|schema|view|function|database|role)\s|truncate\s+\w+\.|with\s+\w+\s+as\s+\()",
    re.IGNORECASE | re.DOTALL,
)


def sources(*folders: str) -> list[Path]:
    """The Python files of some top folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def docstrings(module: ast.Module) -> set[int]:
    """The ids of the constants that are docstrings."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    firsts = [node.body[0] for node in ast.walk(module) if isinstance(node, owners) and node.body]
    return {id(first.value) for first in firsts if isinstance(first, ast.Expr)}


def texts(module: ast.Module) -> Iterator[ast.Constant]:
    """The text constants of a module that are not docstrings."""
    without = docstrings(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in without:
            yield node


def fixed_sleeps(module: ast.Module) -> Iterator[ast.Call]:
    """Calls of sleep() with a constant time, unless they are the pause of a loop that asks for a condition."""

    def walk(node: ast.AST, *, asking: bool) -> Iterator[ast.Call]:
        if isinstance(node, ast.Call) and _is_sleep(node) and not asking:
            yield node
        inside = asking or isinstance(node, ast.While)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, asking=inside)

    return walk(module, asking=False)


def endless_polls(module: ast.Module) -> Iterator[ast.While]:
    """Loops that pause between two looks, and that no deadline ends."""

    loops = (node for node in unbounded(module) if isinstance(node, ast.While))
    return (loop for loop in loops if _pauses(loop))


def unbounded(node: ast.AST) -> Iterator[ast.AST]:
    """All that is below the node, but what has only some time."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.AsyncWith) and any(_limits(item.context_expr) for item in child.items)):
            yield child
            yield from unbounded(child)


def _limits(context: ast.expr) -> bool:
    return isinstance(context, ast.Call) and _name(context) in {"timeout", "patience"}


def _pauses(loop: ast.While) -> bool:
    names = {node.id for node in unbounded(loop) if isinstance(node, ast.Name)}
    calls = {_name(node) for node in unbounded(loop) if isinstance(node, ast.Call)}
    return bool(calls & {"sleep", "pause"}) and "deadline" not in names


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_sleep(call: ast.Call) -> bool:
    if _name(call) != "sleep" or not call.args:
        return False
    return isinstance(call.args[0], ast.Constant) and call.args[0].value != 0


def test_no_two_migrations_have_one_number() -> None:
    """They are applied, and remembered, by their numbers."""
    numbers = [path.name.partition("_")[0] for path in (ROOT / "sql" / "migrations").glob("*.sql")]
    assert sorted(numbers) == sorted(set(numbers))


def test_sql_text_lives_in_sql_files() -> None:
    """No Python module carries the text of an SQL statement: it would be seen by nobody who reviews sql/."""
    found = [
        place(path, text) for path in sources(*PACKAGES) for text in texts(tree(path)) if STATEMENT.match(text.value)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_statement"),
    [
        ("select id\nfrom headrace.jobs", True),
        ("  INSERT INTO headrace.jobs values (1)", True),
        ("update headrace.jobs set status = 'STOPPED'", True),
        ("with due as (select 1) select 1", True),
        ("select 1", True),
        ("select one of the apps", False),
        ("update the app and push it again", False),
        ("with retries as described", False),
    ],
)
def test_the_search_for_sql_tells_statements_from_prose(text: str, is_statement: bool) -> None:
    """The rule about SQL text finds statements and leaves messages alone."""
    assert bool(STATEMENT.match(text)) is is_statement


def test_no_test_sleeps_a_fixed_time() -> None:
    """A test waits for a condition or moves the clock: a fixed sleep is slow where it is safe and flaky where not."""
    assert [place(path, call) for path in sources("tests") for call in fixed_sleeps(tree(path))] == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("time.sleep(1)", 1),
        ("await asyncio.sleep(0.5)", 1),
        ("sleep(2)", 1),
        ("await asyncio.sleep(0)", 0),
        ("await asyncio.sleep(delay)", 0),
        ("while not done():\n    time.sleep(0.01)", 0),
    ],
)
def test_the_search_for_sleeps_allows_only_polling(code: str, count: int) -> None:
    """The rule about sleeping finds fixed pauses and leaves polling for a condition alone."""
    assert len(list(fixed_sleeps(ast.parse(code)))) == count


def test_no_test_waits_for_ever() -> None:
    """What polls for a condition gives up after a time and says for what it waited."""
    assert [place(path, loop) for path in sources("tests") for loop in endless_polls(tree(path))] == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("while not done():\n    time.sleep(0.01)", 1),
        ("while not done():\n    await asyncio.sleep(0.01)", 1),
        ("while not done():\n    await platform.pause()", 1),
        ("while not done():\n    assert time.monotonic() < deadline\n    time.sleep(0.01)", 0),
        ("async with patience('it'), more:\n    while not done():\n        await asyncio.sleep(0.01)", 0),
        ("async with asyncio.timeout(60):\n    while not done():\n        await asyncio.sleep(0.01)", 0),
        ("while rows := page():\n    seen += rows", 0),
    ],
)
def test_the_search_for_endless_polls_asks_for_a_deadline(code: str, count: int) -> None:
    """The rule about waiting finds loops that only a condition ends, and leaves loops over data alone."""
    assert len(list(endless_polls(ast.parse(f"async def f():\n{textwrap.indent(code, '    ')}")))) == count


def test_property_tests_draw_the_same_data_in_every_run() -> None:
    """Neither chance nor the machine's speed decides whether they pass; whoever hunts asks for more examples."""
    in_force = hypothesis.settings()
    assert (in_force.derandomize, in_force.deadline, in_force.database) == (True, None, None)


def test_no_test_is_skipped() -> None:
    """No test can be switched off, so a green run means that all of them ran."""
    marks = {"skip", "skipif", "skipIf", "skipTest", "xfail", "importorskip"}
    nodes = [(path, node) for path in sources("tests") for node in ast.walk(tree(path))]
    assert [place(p, node) for p, node in nodes if isinstance(node, ast.Attribute) and node.attr in marks] == []


def test_every_test_says_what_it_promises() -> None:
    """Each test function has a docstring."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [(path, node) for path in sources("tests") for node in ast.walk(tree(path)) if isinstance(node, functions)]
    tests = [(path, node) for path, node in nodes if path.stem.startswith("test_") and node.name.startswith("test_")]
    assert [place(path, node) for path, node in tests if not ast.get_docstring(node)] == []


def test_files_stay_small() -> None:
    """A file is one noun; beyond 400 lines it has become two."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*PACKAGES, "tests")}
    assert {str(path): lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


# The process boundary, its values, and how both sides of it recognize a call.
_MET = {"scripting.host", "scripting.model", "scripting.fingerprint"}


def test_engine_meets_scripting_only_through_its_host() -> None:
    """engine imports scripting.host and scripting.model, never what runs inside the child process."""
    imported = set()
    for path in sources("engine"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module == "scripting":
                imported.update(f"scripting.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module or "")
    assert {name for name in imported if name.split(".")[0] == "scripting"} <= _MET


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True
    )


def test_imports_go_one_way() -> None:
    """The import contracts of pyproject.toml hold."""
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("scripting/intruder.py", "import engine.errors", "scripting knows nothing of engine BROKEN"),
        ("engine/db/intruder.py", "import engine.jobs", "engine imports one way BROKEN"),
        ("engine/jobs/intruder.py", "import scripting.host", "only what runs scripts imports scripting BROKEN"),
        ("engine/intruder.py", "", "intruder"),
    ],
)
def test_an_import_the_wrong_way_is_refused(tmp_path: Path, module: str, line: str, contract: str) -> None:
    """Each contract fails on a module that breaks it, and on one that has no place in the layers."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module).write_text(line + "\n", encoding="utf-8")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert contract in result.stdout


def test_commands_in_the_documents_exist() -> None:
    """Every `python3 dev.py COMMAND` that a document or .ci/run names is one that dev.py has."""
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / ".ci" / "run"]
    named = {match for path in documents for match in re.findall(r"python3 dev\.py ([a-z]+)", path.read_text("utf-8"))}
    scripts = {name for name, path in dev.SCRIPTS.items() if (ROOT / path).is_file()}
    assert {"test", "check"} <= named <= {*dev.COMMANDS, *scripts}


def test_ci_stops_at_the_first_failure() -> None:
    """.ci/run can be executed and is strict."""
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111 == 0o111
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
