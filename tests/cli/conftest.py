"""The command line as tests call it: in this process, or as a process of its own where signals matter."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.cli import main
from engine.db.pool import Pool
from tests.postgres import Server, remove_folder, roomy_folder

HEADRACE = Path(sys.executable).with_name("headrace")
SECONDS = 120.0
# What the developer's shell may hold and would decide in the place of the test.
_OURS = ("DATABASE_URL", "HEADRACE_", "NO_COLOR", "COLUMNS")


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


Call = Callable[..., Result]
Ask = Callable[[str], list[Any]]


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting comes from the shell, and the working folder is the test's own."""
    for name in list(os.environ):
        if name.startswith(_OURS) and not name.startswith("HEADRACE_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """A command that sets up the log of this process does so for its own test only."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def headrace(capfd: pytest.CaptureFixture[str]) -> Call:
    """Calls the command in this process: `headrace("job", "list")`."""

    def call(*words: str) -> Result:
        capfd.readouterr()
        code = main(words)
        said = capfd.readouterr()
        return Result(code, said.out, said.err)

    return call


@pytest.fixture
def on_database(headrace: Call, dsn: str, pool: Pool) -> Call:
    """As `headrace`, on the session's database, all tables empty."""
    return lambda *words: headrace(*words, "--database-url", dsn)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder for an embedded server, where PostgreSQL's account can reach it; gone after the test."""
    parent = Path(tempfile.mkdtemp(prefix="hr-cli-", dir=roomy_folder()))
    parent.chmod(0o711)
    yield parent / "data"
    if (parent / "data").exists():
        remove_folder(parent / "data")
    parent.rmdir()


@pytest.fixture
def ask(dsn: str) -> Ask:
    """The first column of a statement on the session's database, for tests that call the command in this process."""

    async def fetch(statement: str) -> list[Any]:
        conn = await asyncpg.connect(dsn)
        try:
            return [row[0] for row in await conn.fetch(statement)]
        finally:
            await conn.close()

    return lambda statement: asyncio.run(fetch(statement))


@pytest.fixture
async def empty_database(server: Server) -> AsyncIterator[str]:
    """The DSN of a database without any schema."""
    name = await server.create()
    yield server.database(name)
    await server.drop(name)


@dataclass(frozen=True, slots=True)
class Processes:
    """Commands as processes of their own."""

    running: list[subprocess.Popen[str]]

    def start(self, *words: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """A running command with pipes for its three streams."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [HEADRACE, *words], text=True, env={**os.environ, **(env or {})}, **{**pipes, **options}
        )
        self.running.append(process)
        return process

    def run(self, *words: str, **options: Any) -> Result:
        """A command's end."""
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=SECONDS)
        return Result(process.returncode, out or "", err or "")


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Starts commands; what still runs after the test is killed."""
    started = Processes([])
    yield started
    for process in started.running:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def until(process: subprocess.Popen[str], text: str, stream: str = "stderr") -> str:
    """What the process said until a line with the text; its end without one fails the test."""
    said: list[str] = []
    source = getattr(process, stream)
    for line in source:
        said.append(line)
        if text in line:
            return "".join(said)
    raise AssertionError(f"{process.args} ended without {text!r}:\n{''.join(said)}")


def write_app(folder: Path, manifest: str, files: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> Path:
    """An app's folder with this app.toml and these files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.toml").write_text(manifest, encoding="utf-8")
    for name, text in dict(files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
