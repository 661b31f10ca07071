"""`headrace event trigger`: a custom event for an app's listeners."""

from __future__ import annotations

import argparse

from engine.apps import store
from engine.cli import loop, params
from engine.cli.database import existing
from engine.cli.exits import Exit
from engine.cli.options import spelled
from engine.cli.output import Output
from engine.data.cause import Cause
from engine.events import custom
from engine.model import check_name
from engine.settings import Loaded


def trigger(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Tells the listeners, and says how many there are."""
    return loop.run(_trigger(given, loaded, output))


async def _trigger(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    app, data = check_name("--app", given.app), params.parse(given.param)
    async with existing(loaded) as pool, pool.transaction() as conn:
        await store.current_version(conn, app)
        with spelled(name="NAME", data="--param"):
            heard = await custom.trigger(conn, app, given.name, data, Cause(run_by=given.user))
    if output.as_json:
        output.document({"listeners": heard})
    else:
        output.line(f"{heard} listener{'' if heard == 1 else 's'} of {app} will hear {given.name}")
    return Exit.DONE
