"""Pauses and retries are over when they are due, not when somebody happens to look."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engine.settings import Settings
from tests.acceptance.conftest import CRM, Platform
from tests.atwork import worker_on
from tests.patience import patience

POLL_MS = 600_000
PAUSES = {
    "pause.js": "for (var i = 0; i < 3; i++) { sys.utils.script.wait(50); }\nreturn 'over';",
    "pause.py": "for i in range(3):\n    sys.utils.script.wait(50)\nreturn 'over'",
    "late.js": """
var id = sys.data.executeGlobalAction(null, 'slowCount', {steps: 1000, pause: 600000});
try { sys.jobs.waitForJob(id, 'FINISHED', 200); } catch (e) { sys.jobs.cancel(id); return 'over'; }
""",
}


@pytest.fixture
async def slow_poller(fresh_database: str) -> AsyncIterator[Platform]:
    """A worker that polls every ten minutes."""
    settings = Settings(database_url=fresh_database, slots=1, poll_ms=POLL_MS)
    async with worker_on(settings, CRM) as pool:
        yield Platform(pool)


@pytest.mark.parametrize("name", list(PAUSES))
async def test_a_parked_script_goes_on_when_its_wait_is_due(slow_poller: Platform, name: str) -> None:
    """Pauses of 50 ms and a wait that times out after 200 ms do not last until the next poll, minutes away."""
    async with patience("the end of the script"):
        assert await slow_poller.response(name, PAUSES[name]) == "over"
