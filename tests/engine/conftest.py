"""Data folders for the tests of the embedded server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from engine.db.embedded_home import Home
from engine.db.pool import Pool
from tests import embedded
from tests.engine.shop import Shop
from tests.postgres import roomy_folder


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A short folder that PostgreSQL's account can pass through, unlike pytest's own under 0700."""
    folder = Path(tempfile.mkdtemp(prefix="hr-", dir=roomy_folder()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def made(open_folder: Path) -> Home:
    """A data folder that was made by a cold start and whose server has stopped; tests copy it."""
    home = Home(open_folder / "made")
    async with embedded.share(home):
        pass
    return home


@pytest.fixture
async def home(made: Home, open_folder: Path) -> AsyncIterator[Home]:
    """A made data folder of this test's own."""
    home = embedded.copy(made, open_folder / uuid4().hex[:8])
    yield home
    await embedded.stopped(home)
    shutil.rmtree(home.root)


@pytest.fixture
def shop(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Workers in this process whose jobs are Python functions."""
    return Shop(pool, monkeypatch)
