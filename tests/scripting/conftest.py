"""Children for the tests of the sandbox: real processes, with a runtime that has no policy at all."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from scripting.host import ScriptHost
from scripting.model import Limits, Outcome
from tests.scripting.recorder import FAKE_ENTRY, Recorder, RunScript, attack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def host() -> AsyncIterator[ScriptHost]:
    """One host for all tests of this folder that need none of their own."""
    host = ScriptHost(entry=FAKE_ENTRY)
    await host.start()
    yield host
    await host.close()


@pytest.fixture
def run_script(host: ScriptHost) -> RunScript:
    """Runs a source once in a session of its own; keywords are `calls`, `variables` and those of Limits."""

    async def run(source: str, *, calls: Recorder | None = None, variables: object = None, **limits: int) -> Outcome:
        async with host.session(attack(source), limits=Limits(**limits), app="tests") as session:
            return await session.run(dict(variables or {}), calls=calls or Recorder(), seed="seed", start_ms=1_000)

    return run
