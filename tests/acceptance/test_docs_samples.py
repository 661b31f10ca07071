"""Every sample of a script in the documents runs on the example app, or compiles where it cannot run by itself."""

from __future__ import annotations

from engine.apps.store import load_manifest
from engine.data import bulk, files
from scripting.host import ScriptHost
from scripting.model import Language, Program
from tests.acceptance.conftest import Platform
from tests.documents import samples

LANGUAGES = {"js": Language.JAVASCRIPT, "python": Language.PYTHON}
SUFFIXES = {"js": ".js", "python": ".py"}
SAMPLES = list(samples(*LANGUAGES))
COMPANIES = [
    {"name": "Telemill", "type": "a", "country": "DE", "blocks": 120},
    {"name": "Race & Sons", "type": "b", "country": "FR", "blocks": 60},
    {"name": "Wheelwright", "type": "d", "country": "US", "blocks": 1},
]


async def test_the_samples_run(platform: Platform) -> None:
    """What people copy from the documents ends without an error."""
    async with platform.pool.acquire() as conn:
        companies = (await load_manifest(conn, "crm")).entity("companies")
        await bulk.save_many(conn, "crm", companies, COMPANIES)
        await files.store(conn, "crm", "users.csv", [b"id,name\nann,Ann\n"])
    run = [sample for sample in SAMPLES if "compile" not in sample.words]
    ids = [await platform.start(f"sample{SUFFIXES[sample.language]}", sample.text) for sample in run]
    errors = {}
    for sample, job_id in zip(run, ids, strict=True):
        job = await platform.ended(job_id)
        if job.has_errors:
            errors[sample.place] = [line.message for line in await platform.lines(job_id)]
    assert errors == {}


async def test_samples_of_actions_compile() -> None:
    """Samples that need a record or an app of their own are scripts that the sandbox takes."""
    host = ScriptHost(unsafe=True)
    await host.start()
    try:
        for sample in SAMPLES:
            program = Program(LANGUAGES[sample.language], f"sample{SUFFIXES[sample.language]}", sample.text)
            assert await host.check(program) is None, sample.place
    finally:
        await host.close()
