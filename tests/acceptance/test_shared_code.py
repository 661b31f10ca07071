"""Shared code of an app on a real worker: from the same pushed version, in both languages, with its errors' places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.jobs import store
from engine.model import JobType, NewJob
from tests.acceptance.conftest import Platform
from tests.patience import patience

FILES = {
    "lib/prices.js": "exports.gross = function (net) { return net * 1.5; };\n",
    "lib/broken.js": "exports.go = function () {\n  throw new Error('broken inside');\n};\n",
    "lib/a.js": "exports.name = 'a'; exports.other = require('./b').name;\n",
    "lib/b.js": "exports.name = 'b'; exports.seen = require('./a').name;\n",
    "lib/prices.py": "import lib.rates\n\ndef gross(net):\n    return net * lib.rates.RATE\n",
    "lib/rates.py": "RATE = 1.5\n",
    "lib/broken.py": "def go():\n    raise ValueError('broken inside')\n",
    "lib/pa.py": "import lib.pb\nNAME = 'a'\n",
    "lib/pb.py": "import lib.pa\nNAME = 'b'\n",
    "actions/use.js": "return require('lib/prices').gross(params.net);\n",
    "actions/use.py": "import lib.prices\nreturn lib.prices.gross(params['net'])\n",
    "actions/from.py": "from lib.prices import gross\nreturn gross(params['net'])\n",
    "actions/throws.js": "var x = 1;\nreturn require('lib/broken').go();\n",
    "actions/throws.py": "import lib.broken\nreturn lib.broken.go()\n",
    "actions/cycle.js": "var a = require('lib/a'); return [a.name, a.other, require('lib/b').seen];\n",
    "actions/cycle.py": "import lib.pa\nreturn 1\n",
    "actions/missing.js": "return require('lib/nothing');\n",
}


@pytest.fixture
async def shop(platform: Platform, tmp_path: Path) -> Shop:
    """An app with shared code, pushed."""
    return await Shop(platform, tmp_path).push({})


class Shop:
    """The app's folder, and its jobs."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform = platform
        self._folder = folder

    async def push(self, changed: dict[str, str]) -> Shop:
        """Writes the folder with these files changed, and pushes it."""
        (self._folder / "app.toml").write_text('[app]\nname = "shop"\n')
        for name, text in {**FILES, **changed}.items():
            (self._folder / name).parent.mkdir(exist_ok=True)
            (self._folder / name).write_text(text)
        async with self._platform.pool.acquire() as conn:
            await push(conn, load_folder(self._folder))
        return self

    async def run(self, path: str) -> dict[str, Any]:
        """What a job of this script left."""
        return await self._left(path, {"path": path, "scriptName": path, "params": {"net": 2}})

    async def run_source(self, name: str, source: str) -> dict[str, Any]:
        """What a job of a script that is no part of the app left."""
        language = "javascript" if name.endswith(".js") else "python"
        return await self._left(name, {"scriptName": name, "source": source, "language": language, "params": {}})

    async def _left(self, path: str, spec: dict[str, Any]) -> dict[str, Any]:
        async with self._platform.pool.acquire() as conn:
            new = NewJob(app="shop", type=JobType.EXECUTE_SCRIPT, name=path, label=path, spec=spec)
            (job_id,) = await store.create(conn, [new])
        async with patience(f"the end of {path}"):
            while True:
                async with self._platform.pool.acquire() as conn:
                    if (await store.get(conn, "shop", job_id)).status.is_final:
                        return await store.results(conn, "shop", job_id) or {}
                await self._platform.pause()


@pytest.mark.parametrize("path", ["actions/use.js", "actions/use.py", "actions/from.py"])
async def test_a_script_uses_code_of_its_app(shop: Shop, path: str) -> None:
    """Shared code is found by its path, and may itself use other shared code."""
    assert (await shop.run(path))["results"]["response"] == 3


@pytest.mark.parametrize("suffix", ["js", "py"])
async def test_shared_code_is_that_of_the_pushed_version(shop: Shop, suffix: str) -> None:
    """A push changes what the next job uses, though a child that ran the script before may still wait."""
    assert (await shop.run(f"actions/use.{suffix}"))["results"]["response"] == 3
    await shop.push(
        {
            "lib/prices.js": "exports.gross = function (net) { return net * 10; };\n",
            "lib/rates.py": "RATE = 10\n",
        }
    )
    assert (await shop.run(f"actions/use.{suffix}"))["results"]["response"] == 20


@pytest.mark.parametrize("suffix", ["js", "py"])
async def test_an_error_in_shared_code_has_its_own_path_and_line(shop: Shop, suffix: str) -> None:
    """Whoever reads the job finds the line at fault, not the one that called it."""
    error = (await shop.run(f"actions/throws.{suffix}"))["error"]
    assert (error["path"], error["line"]) == (f"lib/broken.{suffix}", 2)
    assert "broken inside" in error["message"]
    assert f"actions/throws.{suffix}" in error["stack"]


async def test_a_cycle_in_javascript_gives_what_is_there_so_far(shop: Shop) -> None:
    """CommonJS: a module that is still loading is given out as far as it is."""
    assert (await shop.run("actions/cycle.js"))["results"]["response"] == ["a", "b", "a"]


async def test_a_cycle_in_python_ends_one_way_or_the_other(shop: Shop) -> None:
    """Modules that import each other neither hang nor crash the child."""
    left = await shop.run("actions/cycle.py")
    assert left.get("results", {}).get("response") == 1 or left["error"]["code"] != "systemException"


async def test_a_missing_module_is_named(shop: Shop) -> None:
    """The error names the module and the script that wants it."""
    error = (await shop.run("actions/missing.js"))["error"]
    assert (error["path"], error["line"]) == ("actions/missing.js", 1)
    assert "lib/nothing" in error["message"]


async def test_a_missing_module_in_python_is_named(shop: Shop) -> None:
    """It does not even compile, and the error has path and line."""
    await shop.push({"actions/missing.py": "x = 1\nimport lib.nothing\nreturn x\n"})
    error = (await shop.run("actions/missing.py"))["error"]
    assert (error["path"], error["line"]) == ("actions/missing.py", 2)
    assert "lib.nothing" in error["message"]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("mine.js", "return require('lib/prices').gross(10);"),
        ("mine.py", "import lib.prices\nreturn lib.prices.gross(10)"),
    ],
)
async def test_a_script_that_is_run_from_a_file_uses_the_apps_shared_code(shop: Shop, name: str, source: str) -> None:
    """`headrace run` gives a script what the app's own scripts have."""
    assert await shop.run_source(name, source) == {"results": {"status": "ok", "response": 15}}
