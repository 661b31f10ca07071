"""The samples of seed 004, word for word: TypeScript, checked and compiled by its compiler, run in Node."""

from __future__ import annotations

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from engine.apps.push import push
from engine.data import users
from engine.data.users import User
from tests.documents import samples
from tests.node import NODE_JS
from tests.npm import NoPackages, installed
from tests.product import product
from tests.web.conftest import Api, Caller, address, api, crm

__all__ = ["address", "api", "crm"]

HERE = Path(__file__).parent
SAMPLES = ("creating", "updating", "fetchAll", "fetch")
# The file that the first sample imports and does not show.
CLIENT = """
import { Ductape } from "ductape-sdk";
declare const process: { env: Record<string, string> };
export default new Ductape({ url: process.env.URL, token: process.env.TOKEN });
"""
SEEN = "\nconsole.log(JSON.stringify({ jobs, job }));\ndeclare const console: { log(text: string): void };\n"
OPTIONS = {"strict": True, "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "types": []}
# The samples leave out the ending of a file, as programs do that are bundled.
HOOKS = """
import { registerHooks } from "node:module";
registerHooks({ resolve: (name, context, next) => next(name === "./ductapeClient" ? `${name}.js` : name, context) });
"""
WRONG = """
import ductape from './ductapeClient';
ductape.product.jobs.update('t', { executions: null });
ductape.product.jobs.update('t', { cron: '* * * * *' });
ductape.product.jobs.update('t', { event_type: 'LISTENER' });
ductape.product.jobs.fetch();
"""


@pytest.fixture
async def program(api: Api, address: str, tmp_path: Path) -> Path:
    """A folder for a TypeScript program that has our files in the place of the vendor's package, as the docs say."""
    folder = tmp_path / "program"
    package = folder / "node_modules" / "ductape-sdk"
    package.mkdir(parents=True)
    for name in ("client.js", "client.d.ts"):
        (package / name).write_text((await api.http.get(f"/ductape/{name}")).raise_for_status().text)
    (named,) = (sample.text for sample in samples("json") if sample.place.startswith("docs/from-ductape.md"))
    (package / "package.json").write_text(named)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS}))
    (folder / "ductapeClient.ts").write_text(CLIENT)
    (folder / "hooks.mjs").write_text(HOOKS)
    return folder


async def compiled(folder: Path) -> str:
    """What the compiler complains of."""
    try:
        packages = installed(HERE)
    except NoPackages as error:
        pytest.fail(str(error), pytrace=False)
    tsc = packages / "node_modules" / "typescript" / "bin" / "tsc"
    return await said(folder, tsc, "--noEmitOnError")


async def said(folder: Path, *words: str | Path, **environment: str) -> str:
    """What a script of Node prints."""
    node = await asyncio.create_subprocess_exec(NODE_JS, *words, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE)
    out, err = await node.communicate()
    assert not err, err.decode()
    return out.decode()


async def test_the_samples_run_as_they_are(api: Api, address: str, program: Path, tmp_path: Path) -> None:
    """All four, one behind the other, keep their import lines and types; the job is what the last update made of it."""
    (tmp_path / "app").mkdir()
    async with api.pool.transaction() as conn:
        await push(conn, product(tmp_path / "app"))
        await users.save(conn, "product", User("pat", "Pat", None))
    texts = [(HERE / "samples" / f"{name}.ts").read_text() for name in SAMPLES]
    (program / "main.ts").write_text("".join(texts) + SEEN)
    assert await compiled(program) == ""
    token = await api.token(user="pat", app="product")
    run = ("--no-warnings", "--import", "./hooks.mjs", "main.js")
    seen: dict[str, Any] = json.loads(await said(program, *run, URL=address, TOKEN=token))
    assert seen["jobs"] == [seen["job"]]
    made = {name: seen["job"][name] for name in ("name", "tag", "event_type", "event_tag", "executions", "intervals")}
    assert made == {
        "name": "Updated Job Name",
        "tag": "example_job",
        "event_type": "ACTION",
        "event_tag": "action_tag",
        "executions": 10,
        "intervals": 120_000,
    }
    assert seen["job"] == await Caller(api.http, token)("GET", "/ductape/jobs/example_job")


async def test_the_types_refuse_what_the_api_refuses(program: Path) -> None:
    """A null, a field that is none, a type that is none and a call without a tag: each an error of its line."""
    shutil.copy(HERE / "samples" / "creating.ts", program)
    (program / "main.ts").write_text(WRONG)
    complaints = await compiled(program)
    assert [line.partition("(")[2].partition(",")[0] for line in complaints.splitlines() if "main.ts(" in line] == [
        "3",
        "4",
        "5",
        "6",
    ]
    assert "creating.ts" not in complaints
