"""A script that goes on for ever begins anew from time to time, so that its journal does not grow for ever."""

from __future__ import annotations

import pytest

from engine.jobs import store
from tests.acceptance.conftest import Platform

LOOPS = {
    "loop.js": "var n = (params.n || 0) + 1;\nsys.jobs.logInfo('round ' + n);\nsys.jobs.setProgress(n);\n"
    "if (n < 5) sys.jobs.continueAsNew({n: n});\nreturn [n, sys.jobs.getCurrentJobId()];",
    "loop.py": "n = params.get('n', 0) + 1\nsys.jobs.logInfo('round ' + str(n))\nsys.jobs.setProgress(n)\n"
    "if n < 5:\n    sys.jobs.continueAsNew({'n': n})\nreturn [n, sys.jobs.getCurrentJobId()]",
}
FORKS = """
var ids = sys.jobs.executeInJob([1, 2], 'default', function (item) { return item; });
if (params.last) { return sys.jobs.waitForJobs(ids.concat(params.ids), 'FINISHED').length; }
sys.jobs.continueAsNew({last: true, ids: ids});
"""


@pytest.mark.parametrize("name", list(LOOPS))
async def test_a_job_begins_anew_with_other_params_and_an_empty_journal(platform: Platform, name: str) -> None:
    """It stays the same job: one id, one log, one result; the journal has the last round only."""
    job_id = await platform.start(name, LOOPS[name])
    await platform.ended(job_id)
    async with platform.pool.acquire() as conn:
        left = await store.results(conn, "crm", job_id)
    assert left == {"results": {"status": "ok", "response": [5, str(job_id)]}}
    assert [line.message for line in await platform.lines(job_id)] == [f"round {n}" for n in range(1, 6)]
    rows = await platform.pool.fetch("select distinct step from headrace.job_journal where job_id = $1", job_id)
    assert [row["step"] for row in rows] == [4]


async def test_the_journal_stays_while_chunks_of_it_may_be_replayed(platform: Platform) -> None:
    """Chunks of executeInJob that have not begun when their parent begins anew still find where they branched off."""
    assert await platform.response("forks.js", FORKS) == 4


async def test_where_a_job_cannot_begin_anew_the_script_is_told(platform: Platform) -> None:
    """A chunk of executeInJob has no beginning of its own."""
    source = """
    var ids = sys.jobs.executeInJob([1], 'default', function () {
      try { sys.jobs.continueAsNew({}); } catch (e) { return e.code(); }
    });
    return sys.jobs.waitForJobs(ids, 'FINISHED')[0].results().results.response;
    """
    assert await platform.response("chunk.js", source) == ["badRequest"]
