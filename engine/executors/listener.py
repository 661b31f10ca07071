"""EXECUTE_LISTENER: a listener's script, once, with the event that it hears."""

from __future__ import annotations

from engine.errors import BadRequest
from engine.events.model import DEEPEST
from engine.executors import script
from engine.executors.endings import Ending
from engine.executors.run import Run
from engine.hostapi.caller import Origin


async def execute(run: Run) -> Ending:
    """Runs the script that the spec names; its value is `results.response`.

    BadRequest if the event comes of too many listeners, one of another: a chain without end.
    """
    depth = run.claim.spec.get("eventDepth", 1)
    if depth > DEEPEST:
        raise BadRequest(
            f"listener {run.claim.name} is not run: its event comes of {DEEPEST} listeners, each set off by the one "
            "before; a listener must not set off itself without end",
            additional_info={"listenerName": run.claim.name, "depth": depth, "deepest": DEEPEST},
        )
    return await script.once(run, begin(run))


def begin(run: Run) -> Origin:
    """Where the script of a listener begins."""
    spec = run.claim.spec
    variables = {"event": spec["event"]}
    for name in ("record", "oldRecord"):
        if name in spec:
            variables[name] = None if spec[name] is None else {"$record": spec[name]}
    return script.start(run, {"path": spec["path"]}, variables)
