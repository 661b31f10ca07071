"""Sandboxes that hold nothing, to show that the attacks attack and that their success would be seen.

For attacks on the process: an ordinary CPython, a fork for each. For JavaScript: an engine whose stubs are written
as one writes them at first (naive.js), with one context for all runs.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import quickjs

from tests.scripting.escapes import bare
from tests.scripting.escapes.corpus import ROOT
from tests.scripting.python.scripts import FakeHost

_SECONDS = 20
_NOBODY = 65534
_PR_SET_DUMPABLE = 4


def on_the_machine(sources: Sequence[str]) -> list[str]:
    """What each source says in an unprotected interpreter of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=True,
    )
    said: list[str] = json.loads(answer.stdout)
    return said


def _main() -> None:
    _become_nobody()
    sources = json.load(sys.stdin)
    print(json.dumps([_forked(source) for source in sources]))


def _become_nobody() -> None:
    """Attacks that succeed must not succeed as root: one of them once mounted something on the machine's /tmp."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        # The change of user has hidden this process from itself under /proc.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def _forked(source: str) -> str:
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(_SECONDS)
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        os.write(theirs, _said(source).encode(errors="replace")[:60_000])
        os._exit(0)
    os.close(theirs)
    os.waitpid(pid, 0)
    # An attack may have left a process that still holds the pipe.
    text = os.read(ours, 65_536) if select.select([ours], [], [], 0)[0] else b""
    os.close(ours)
    return text.decode()


def _said(source: str) -> str:
    try:
        return str(bare.execute(bare.wrapped(source, "attack.py"), {"params": {"turn": 1}}, FakeHost()))
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def in_the_engine(source: str, turns: Sequence[int], loot: str) -> str:
    """What the script says in the naive engine, all turns together."""
    said: list[str] = []
    context = quickjs.Context()
    context.set_max_stack_size(1024 * 1024)
    context.add_callable("hostCall", lambda method, args: said.append(f"{method} {args}"))
    context.eval((Path(__file__).parent / "naive.js").read_text(encoding="utf-8"))
    context.eval("(function (loot) { process.env.LOOT = loot })")(loot)
    for turn in turns:
        try:
            context.eval(f"globalThis.params = {{turn: {turn}}}")
            script = context.eval(f"(function () {{ {source}\n}})")
            context.eval("(f => { const v = f(); Promise.resolve(v).then(x => { globalThis.settled = x }); })")(script)
            while context.execute_pending_job():
                pass
            said.append(str(context.eval("String(typeof settled === 'undefined' ? '' : settled)")))
        except quickjs.JSException as error:
            said.append(str(error))
    return "\n".join(said)


if __name__ == "__main__":
    _main()
