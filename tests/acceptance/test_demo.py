"""The demo ends with a clear message and an exit code; its whole run is a step of .ci/run."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.acceptance.conftest import CRM, Platform

DEMO = CRM.parent / "demo.py"


async def demo(folder: Path, *arguments: str, **environment: str) -> tuple[int | None, str]:
    """The exit code and what went to stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        DEMO,
        *arguments,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_an_unknown_argument_is_refused(tmp_path: Path) -> None:
    """Whoever hopes for an option learns that there is none, before anything is started."""
    code, errors = await demo(tmp_path, "--fast")
    assert (code, "takes no arguments, and got: --fast" in errors) == (2, True)


async def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """The message says which database, without its password."""
    code, errors = await demo(tmp_path, DATABASE_URL="postgresql://me:secret@127.0.0.1:1/nowhere")
    assert code == 1
    assert "demo: cannot connect to postgresql://me:***@127.0.0.1:1/nowhere" in errors
    assert "secret" not in errors


async def test_the_import_in_python_brings_in_the_whole_data_set(platform: Platform) -> None:
    """The demo imports with import.js; import.py does the same on an empty database."""
    source = (CRM / "scripts" / "import.py").read_text(encoding="utf-8")
    assert await platform.response("import.py", source) == 26_252
