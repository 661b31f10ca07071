"""pyproject.toml, the locks, the wheel and what is installed say the same."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = [Requirement(text) for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra]
TOOLS = [Requirement(text) for text in (*PROJECT["dependency-groups"]["dev"], *PROJECT["build-system"]["requires"])]
# What an extra brings; a module that needs it says so where it is not there.
EXTRAS = [Requirement(text) for texts in PROJECT["project"]["optional-dependencies"].values() for text in texts]
ENTRY = re.compile(r"^(?P<name>[\w.\-]+)==(?P<version>\S+)(?P<rest>(?:.*\\\n)+.*)$", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """The version of each package in a lock."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(entry["name"]): entry["version"] for entry in ENTRY.finditer(text)}


def needed(roots: list[Requirement]) -> set[str]:
    """The installed packages that these requirements need on this platform, themselves included."""
    found: set[str] = set()
    queue = [(each, "") for each in roots]
    while queue:
        requirement, extra = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        inner = [Requirement(text) for text in metadata.requires(name) or ()] if name not in found else []
        found.add(name)
        queue += [(each, wanted) for each in inner for wanted in (*requirement.extras, "")]
    return found


@pytest.mark.parametrize("lock", dev.LOCKS)
def test_a_lock_names_no_server(lock: str) -> None:
    """A lock works with any mirror: it holds names, versions and hashes, and no index and no address."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)


@pytest.mark.parametrize("lock", dev.LOCKS)
def test_a_lock_has_hashes_for_every_package(lock: str) -> None:
    """Nothing is installed that was not seen when the lock was made."""
    entries = list(ENTRY.finditer((ROOT / lock).read_text(encoding="utf-8")))
    assert entries
    assert [entry["name"] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry["rest"])] == []


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [("deploy/lock/runtime.txt", [*RUNTIME, *EXTRAS]), ("deploy/lock/dev.txt", [*RUNTIME, *TOOLS])],
)
def test_a_lock_fulfils_pyproject(lock: str, requirements: list[Requirement]) -> None:
    """Every requirement of pyproject.toml has a version in the lock that it allows."""
    pinned = pins(lock)
    wrong = [str(each) for each in requirements if pinned.get(canonicalize_name(each.name), "0") not in each.specifier]
    assert wrong == []


def test_the_locks_agree() -> None:
    """What runs in production is what was tested: the larger lock holds the smaller one, version by version."""
    assert pins("deploy/lock/runtime.txt").items() <= pins("deploy/lock/dev.txt").items()


@pytest.mark.parametrize(
    ("lock", "requirements"), [("deploy/lock/runtime.txt", RUNTIME), ("deploy/lock/dev.txt", [*RUNTIME, *TOOLS])]
)
def test_a_lock_is_complete(lock: str, requirements: list[Requirement]) -> None:
    """A lock can be installed without resolving: it holds all that its packages need, as installed here."""
    assert needed(requirements) - pins(lock).keys() == set()


def imports(folder: str) -> set[str]:
    """The top names that the modules of a folder import."""
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return (
        names - set(sys.stdlib_module_names) - {"engine", "scripting", "dev", "tests", "bench", "examples", "grafana"}
    )


@pytest.mark.parametrize(
    ("folder", "allowed"), [("engine", [*RUNTIME, *EXTRAS]), ("scripting", RUNTIME), ("tests", [*RUNTIME, *TOOLS])]
)
def test_what_is_imported_is_required(folder: str, allowed: list[Requirement]) -> None:
    """No module leans on a package that is only there because another one needs it."""
    distributions = metadata.packages_distributions()
    owners = {name: {canonicalize_name(owner) for owner in distributions.get(name, ())} for name in imports(folder)}
    required = {canonicalize_name(each.name) for each in allowed}
    assert {name: owner for name, owner in owners.items() if not owner & required} == {}


def test_the_wheel_carries_sql_and_stubs(tmp_path: Path) -> None:
    """An installed Headrace has its statements, its migrations, its stubs and its command, and nothing of the tests."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    wheel = next(tmp_path.glob("headrace-0.1.0-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        commands = archive.read("headrace-0.1.0.dist-info/entry_points.txt").decode()
    assert "headrace = engine.cli:main" in commands
    assert {f"engine/{path.relative_to(ROOT)}" for path in (ROOT / "sql").rglob("*.sql")} <= names
    shipped = [path for path in (ROOT / "scripting").rglob("*") if path.suffix in (".py", ".js")]
    assert {str(path.relative_to(ROOT)) for path in shipped} <= names
    assert {name.split("/")[0] for name in names} == {"engine", "scripting", "headrace-0.1.0.dist-info"}
