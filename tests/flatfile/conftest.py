"""The vendor's packages, and Node to run scripts with them against the API of this session."""

from __future__ import annotations

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.documents import ROOT
from tests.node import NODE_JS
from tests.npm import NoPackages, installed
from tests.web.conftest import Api, Caller, address, ann, api, crm

HERE = Path(__file__).parent

__all__ = ["Caller", "address", "ann", "api", "crm"]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the real npm packages; the tests fail if they cannot be had."""
    try:
        return installed(HERE)
    except NoPackages as error:
        pytest.fail(str(error), pytrace=False)


@dataclass(frozen=True, slots=True)
class Node:
    """A folder where the vendor's packages can be imported, and our own file beside them."""

    folder: Path
    environment: dict[str, str]

    async def start(self, name: str, **more: str) -> Process:
        """A script of tests/flatfile, running in the folder."""
        shutil.copy(HERE / name, self.folder)
        return await asyncio.create_subprocess_exec(
            *(NODE_JS, self.folder / name), env={**self.environment, **more}, stdout=PIPE, stderr=PIPE
        )

    async def run(self, name: str, **more: str) -> Any:
        """What the script printed, as JSON."""
        process = await self.start(name, **more)
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return json.loads(out)

    def module(self, name: str, source: str) -> str:
        """The name of a module that a script can import; Node itself strips the types of one that ends in .ts."""
        (self.folder / name).write_text(source)
        return name


@pytest.fixture
async def node(api: Api, address: str, packages: Path, tmp_path: Path) -> Node:
    """Node with the variables that the vendor's packages read: where the API is, and a token."""
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    shutil.copy(ROOT / "engine" / "sdk" / "flatfile.js", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return Node(tmp_path, {"FLATFILE_API_URL": address, "FLATFILE_BEARER_TOKEN": await api.token()})
