"""What the journal gives back is what the script saw, to the order of its keys."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Platform

# The engine tells the name before the parameters; jsonb would give them back the other way round.
SCRIPTS = {
    "order.js": """
var seen = Object.keys(sys.jobs.getCurrentJob().data()).join();
log(seen);
sys.utils.script.wait(10);
return seen;
""",
    "order.py": """
seen = ','.join(key for key in sys.jobs.getCurrentJob().data())
log(seen)
sys.utils.script.wait(10)
return seen
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_replayed_reply_has_its_keys_in_the_order_of_the_first_run(platform: Platform, name: str) -> None:
    """A script that goes through an object before a pause does the same behind it, and so does not diverge."""
    assert await platform.response(name, SCRIPTS[name]) == "scriptName,params"
