"""Listeners in both languages on a running worker: what they see, and in which order."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from engine.db.pool import Pool
from engine.events.model import DEEPEST
from engine.settings import Settings
from tests.acceptance.ears import Ears
from tests.atwork import worker_on

TOML = """
[app]
name = "ears"
[entities.things]
label_field = "name"
fields.name = { type = "text", required = true }
fields.n = { type = "integer" }
"""
LISTENER = '[listeners.{name}]\nscript = "listeners/{name}{suffix}"\n{what}\n'
WHAT = {
    "changed": 'on = "data"\nentity = "things"',
    "failed": 'on = "job"\njob_type = "EXECUTE_SCRIPT"\njob_event = "failed"',
    "pinged": 'on = "custom"\nevent = "ping"',
    "ticked": 'on = "schedule"\nevery = "1s"',
    "echoed": 'on = "custom"\nevent = "echo"',
}
SCRIPTS = {
    ".js": {
        "changed": """
var name = function (one) { return one === null ? null : one.label() + ' ' + one.field('n').val(); };
return [event.dataEvent, name(oldRecord), name(record)];
""",
        "failed": "return [event.jobEvent, event.jobId, sys.jobs.findById(event.jobId).hasErrors()];",
        "pinged": "return [event.name, event.data, typeof record];",
        "ticked": "return [event.type, event.tag];",
        "echoed": "return sys.events.triggerEvent('echo', event.data + 1);",
    },
    ".py": {
        "changed": """
def name(one):
    return None if one is None else one.label() + ' ' + str(one.field('n').val())
return [event.dataEvent, name(oldRecord), name(record)]
""",
        "failed": "return [event.jobEvent, event.jobId, sys.jobs.findById(event.jobId).hasErrors()]",
        "pinged": """
try:
    record
    return 'a record'
except NameError:
    return [event.name, event.data, 'undefined']
""",
        "ticked": "return [event.type, event.tag]",
        "echoed": "return sys.events.triggerEvent('echo', event.data + 1)",
    },
}
CHANGES = """
var one = sys.data.createRecord('things');
one.field('name').val('t'); one.field('n').val(0);
sys.data.save(one);
for (var n = 1; n <= 5; n++) { one.field('n').val(n); sys.data.save(one); }
sys.data.remove(one);
return sys.events.triggerEvent('ping', {x: [1, null]});
"""


async def pushed(pool: Pool, folder: Path, suffix: str) -> Ears:
    """The app with all listeners in the language of this suffix."""
    listeners = (LISTENER.format(name=name, suffix=suffix, what=what) for name, what in WHAT.items())
    scripts = {f"{name}{suffix}": source for name, source in SCRIPTS[suffix].items()}
    return await Ears.pushed(pool, folder, TOML + "".join(listeners), scripts)


@pytest.mark.parametrize("suffix", list(SCRIPTS))
async def test_listeners_hear_scripts(fresh_database: str, tmp_path: Path, suffix: str) -> None:
    """Changes of a record in order, before and after; the end of a job, a custom event, the clock; a chain that ends.

    A listener that triggers itself runs as often as the limit allows, and the next job of it says why it does not run.
    """
    async with worker_on(Settings(database_url=fresh_database, slots=2, poll_ms=100)) as pool, asyncio.timeout(240):
        ears = await pushed(pool, tmp_path, suffix)
        await ears.run(CHANGES)
        names = [f"t {n}" for n in range(6)]
        expected = [["created", None, names[0]]]
        expected += [["updated", before, after] for before, after in pairwise(names)]
        expected += [["deleted", names[-1], None]]
        assert await ears.values("changed", 7) == expected
        assert {row["run_by"] for row in await ears.heard("changed", 7)} == {"ann"}
        assert await ears.values("pinged", 1) == [["ping", {"x": [1, None]}, "undefined"]]
        failing = await ears.run("sys.events.triggerEvent('echo', 0); throw 'no';")
        assert await ears.values("failed", 1) == [["failed", str(failing), True]]
        assert (await ears.values("ticked", 1))[0] == ["schedule", "app.ticked"]
        *chain, last = await ears.heard("echoed", DEEPEST + 1)
        assert [row["results"]["results"]["response"] for row in chain] == [1] * DEEPEST
        assert (last["error"]["code"], last["has_errors"]) == ("badRequest", True)
        assert f"its event comes of {DEEPEST} listeners" in last["error"]["message"]
