"""`headrace run SCRIPT`: a script as a job, followed to its end."""

from __future__ import annotations

import argparse
import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from engine import app
from engine.apps import source
from engine.apps.folder import Script, load_folder
from engine.apps.store import current_version
from engine.cli import exits, job_options, logs, loop, params
from engine.cli.exits import Exit
from engine.cli.follow import Follower, ending
from engine.cli.loop import Signals
from engine.cli.options import spelled
from engine.cli.output import Output
from engine.db import cancellation
from engine.db.pool import Pool
from engine.errors import BadRequest, ConfigError, NotFound
from engine.jobs import commands, liveness, store
from engine.jobs.documents import job_document
from engine.jobs.requests import Requester, run_source
from engine.jobs.watch import watch
from engine.model import Job, JobType, NewJob, Status, check_name
from engine.settings import Loaded, Settings

# The app of scripts that belong to none: it has no entities and no actions, but everything else.
NO_APP = "scratch"
# How often to look whether a worker is still alive.
LOOK_S = 1.0


def run(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Checks everything that can be checked, then makes the job and follows it."""
    return loop.run(_run(given, loaded.settings, output))


async def _run(given: argparse.Namespace, settings: Settings, output: Output) -> Exit:
    new = await _job(given)
    async with app.open_database(settings) as database:
        pool = database.pool
        await _require_app(pool, new.app, named=given.app is not None, script=Path(given.script))
        async with pool.transaction() as conn:
            (job_id,) = await store.create(conn, [new])
        return await follow(pool, settings, output, new.app, job_id, detach=given.detach)


async def follow(pool: Pool, settings: Settings, output: Output, app_name: str, job_id: UUID, *, detach: bool) -> Exit:
    """Shows a new job until its end, with a worker of this command's own where none is alive; or only names it."""
    if detach:
        _say_created(job_id, output)
        if not await _is_served(pool, settings):
            output.note("no worker is alive on this database: the job waits for `headrace worker`")
        return Exit.DONE
    return await _Following(pool, settings, output, app_name, job_id).run()


async def _job(given: argparse.Namespace) -> NewJob:
    """The job that the command line describes; the script compiles."""
    path = Path(given.script)
    language, text = source.read_script(path)
    async with app.open_check() as check:
        problem = await check(language, str(path), text)
    if problem is not None:
        raise ConfigError(problem, additional_info={"problems": [problem]})
    by = Requester(check_name("--app", given.app) if given.app is not None else _app_of(path), None)
    with spelled(params="--param", **job_options.SPELLED):
        return run_source(by, Script(path.name, language, text), params.parse(given.param), job_options.read(given))


def _app_of(path: Path) -> str:
    folder = source.app_folder_of(path)
    return NO_APP if folder is None else load_folder(folder).manifest.name


async def _require_app(pool: Pool, name: str, *, named: bool, script: Path) -> None:
    """An app that somebody named, or whose folder the script is in, has been pushed."""
    if not named and name == NO_APP:
        return
    async with pool.acquire() as conn:
        try:
            await current_version(conn, name)
        except NotFound as error:
            folder = source.app_folder_of(script)
            advice = f"`headrace push {folder}`" if folder is not None else "`headrace push` its folder"
            raise NotFound(f"there is no app {name!r} in this database: {advice} first") from error


def _say_created(job_id: UUID, output: Output) -> None:
    if output.as_json:
        output.document({"id": str(job_id)})
    else:
        output.line(str(job_id))


async def _is_served(pool: Pool, settings: Settings) -> bool:
    """Whether a worker lives that takes new jobs."""
    async with pool.acquire() as conn:
        alive = await liveness.workers(conn, stale_ms=settings.stale_ms)
    return any(not worker.draining for worker in alive)


class _Following:
    """The job from its creation to its end. The first signal cancels it, the second leaves it."""

    def __init__(self, pool: Pool, settings: Settings, output: Output, app_name: str, job_id: UUID) -> None:
        self._pool = pool
        self._settings = settings
        self._output = output
        self._app = app_name
        self._id = job_id
        self._signals = Signals(self._interrupt)
        self._hurry = asyncio.Event()
        self._cancelling: asyncio.Task[None] | None = None
        self._own = False

    async def run(self) -> Exit:
        """The job's end, or the signal that ended the wait for it."""
        self._output.note(f"job {self._id}")
        with self._signals.listening():
            job = await self._until_over()
            if self._cancelling is not None:
                await self._cancelling
        await self._say_end(job)
        code = self._signals.exit_code
        return exits.of_job(job) if code is None else Exit(code)

    async def _until_over(self) -> Job:
        """The job when it is over; a worker of our own that cannot start ends the wait with its error."""
        over = asyncio.Event()
        following = asyncio.create_task(self._follow())
        serving = asyncio.create_task(self._serve(over))
        try:
            await asyncio.wait([following, serving], return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                self._output.note(f"the job waits for a worker; `headrace job cancel {self._id}` ends it")
                serving.result()
            return await following
        finally:
            over.set()
            await cancellation.end(following)
            await asyncio.wait([serving])

    async def _serve(self, over: asyncio.Event) -> None:
        """Runs a worker until the job is over, from the moment on at which none lives: not all leave in order."""
        while await _is_served(self._pool, self._settings):
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), LOOK_S)
                return
        self._own = True
        # Its lines about jobs would repeat what is shown anyway.
        logs.configure(self._settings, level="warning")
        self._output.note("no worker is alive on this database: this command runs one until the job is over")
        # What else it took up is handed back at once: another worker goes on where it was.
        async with app.open_worker(replace(self._settings, grace_ms=0), self._pool) as worker:
            running = asyncio.create_task(worker.run())
            waiting = asyncio.create_task(over.wait())
            await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
            worker.stop()
            await cancellation.end(waiting)
            await running

    async def _follow(self) -> Job:
        follower = Follower(self._output)
        async for seen in watch(self._pool, self._app, self._id, hurry=self._hurry):
            follower.show(seen)
        return seen.job

    def _interrupt(self) -> None:
        self._output.note(f"canceling the job; once more leaves it as it is: `headrace job show {self._id}`")
        self._cancelling = asyncio.get_running_loop().create_task(self._cancel())

    async def _cancel(self) -> None:
        # A job that has ended meanwhile needs no cancel.
        with suppress(BadRequest):
            await self._pool.run(lambda conn: commands.cancel(conn, self._app, self._id))
        self._hurry.set()

    async def _say_end(self, job: Job) -> None:
        async with self._pool.acquire() as conn:
            left = await store.results(conn, self._app, self._id) or {}
            tree = await store.descendants(conn, self._app, self._id)
        now = datetime.now(UTC)
        if self._output.as_json:
            self._output.json_line({"event": "end", **job_document(job, now), "results": left})
            return
        if left and "error" not in left:
            value = left["results"]["response"] if job.type is JobType.EXECUTE_SCRIPT else left
            self._output.line(json.dumps(value, ensure_ascii=False, indent=2))
        self._output.note(ending(job, self._output, now))
        if job.status is Status.STOPPED:
            self._output.note(f"  `headrace job resume {self._id}` lets it go on")
        live = sum(not child.status.is_final for child in tree if child.id != job.id)
        if live and self._own:
            self._output.note(f"  {live} jobs that it started are not done: `headrace worker` goes on with them")
