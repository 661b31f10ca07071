"""Deep and wide waits on one slot: a chain of nested waits, and one parent that awaits all of its children.

python3 dev.py bench waits [--depth 200] [--width 2000]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from uuid import UUID

import _stage as stage

from engine import app
from engine.db.pool import Pool
from engine.settings import Settings

# Each chunk of executeInJob starts the next one inside of its own callback: as deep as the list is long.
CHAIN = """
function down(n) {
  if (n == 0) return 0;
  var ids = sys.jobs.executeInJob([n - 1], 'default', down);
  return 1 + sys.jobs.waitForJobs(ids, 'FINISHED')[0].results().results.response[0];
}
return down(params.depth);
"""
ACTIONS = """
job = sys.jobs.getCurrentJob()
ids = [sys.data.executeGlobalAction(None, 'slowCount', {'steps': 1, 'pause': 0}) for n in range(params['width'])]
done = sys.jobs.waitForJobs(ids, 'FINISHED')
return len([job for job in done if job.status() == 'FINISHED' and not job.hasErrors()])
"""
CHUNKS = """
var items = [];
for (var n = 0; n < params.width; n++) items.push(n);
var ids = sys.jobs.executeInJob(items, 'default', function (item) { return item; });
return sys.jobs.waitForJobs(ids, 'FINISHED').length;
"""


async def result(pool: Pool, job_id: UUID) -> object:
    """What the job returned."""
    query = "select results, error from headrace.job_results where job_id = $1"
    while not (rows := await pool.fetch(query, job_id)):  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(0.1)
    return rows[0]["error"] or rows[0]["results"]["results"]["response"]


async def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="dev.py bench waits", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--depth", type=int, default=200)
    parser.add_argument("--width", type=int, default=2000)
    options = parser.parse_args()
    stories = [
        ("a chain of nested waits", "chain.js", CHAIN, options.depth),
        ("a fan-out of actions", "actions.py", ACTIONS, options.width),
        ("a fan-out of chunks", "chunks.js", CHUNKS, options.width),
    ]
    code = 0
    async with stage.server() as found:
        settings = Settings(database_url=found.dsn, slots=1)
        async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as worker:
            running = asyncio.create_task(worker.run())
            for what, name, source, size in stories:
                began = time.monotonic()
                params = {"depth": options.depth, "width": options.width}
                (job_id,) = await stage.create(database.pool, [stage.script(name, source, params)])
                value = await result(database.pool, job_id)
                print(f"{what}, {size} on one slot: {time.monotonic() - began:.1f} s, result {value}", flush=True)
                code = code or int(value != size)
            worker.stop()
            await running
    return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
