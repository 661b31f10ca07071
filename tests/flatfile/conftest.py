"""The vendor's packages, and Node to run scripts with them against the API of this session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.node import NODE_JS
from tests.npm import NoPackages, installed
from tests.web.conftest import Api, Caller, address, ann, api, crm

HERE = Path(__file__).parent
Run = Callable[[str], Awaitable[Any]]

__all__ = ["Caller", "address", "ann", "api", "crm"]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the real npm packages; the tests fail if they cannot be had."""
    try:
        return installed(HERE)
    except NoPackages as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
async def environment(api: Api, address: str, packages: Path) -> dict[str, str]:
    """What the vendor's packages read: where the API is, and a token."""
    token = await api.token()
    return {"FLATFILE_API_URL": address, "FLATFILE_BEARER_TOKEN": token, "PACKAGES": str(packages)}


@pytest.fixture
def node(environment: dict[str, str]) -> Run:
    """Runs a script of this folder in Node; what it printed, as JSON."""

    async def run(name: str) -> Any:
        process = await asyncio.create_subprocess_exec(
            *(NODE_JS, HERE / name), env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return json.loads(out)

    return run
