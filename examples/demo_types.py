"""One job of each public type (seed 003), with what its data() and results() say; the app is as before afterwards."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from engine import app
from engine.apps.store import App, AppCache
from engine.data import files, records, tokens
from engine.data.cause import NOBODY
from engine.db.pool import Pool
from engine.events import custom
from engine.jobs import requests, search, store
from engine.jobs.requests import Requester
from engine.jobs.watch import watch
from engine.model import Job, JobType, NewJob, Scope
from engine.settings import Settings
from examples.demo_report import Report
from examples.demo_stories import Claim, short

APP = "crm"
BY = Requester(APP, run_by=None)
# The mark of the demo's own contacts: no other has been one since then.
SINCE = "1815-12-10"
CONTACTS = f"""name,email,role,since
Ada,ada@demo.example,engineer,{SINCE}
Grace,grace@demo.example,manager,{SINCE}
Mary,mary@demo.example,astronaut,{SINCE}
"""
USERS = "id,name,email,groups\nada,Ada,ada@demo.example,sales\ngrace,Grace,grace@demo.example,\n"
POLL_S = 0.05
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Done:
    """A job that is over, and what it left."""

    job: Job
    results: Mapping[str, Any]


class Tour:
    """Runs the jobs one after the other, each when the one before it is over."""

    def __init__(self, pool: Pool, pushed: App) -> None:
        self._pool = pool
        self._app = pushed
        self.done: list[Done] = []

    async def run(self, new: NewJob) -> Done:
        """The job, once it is over."""
        async with self._pool.transaction() as conn:
            (job_id,) = await store.create(conn, [new])
        return await self._over(job_id)

    async def _over(self, job_id: UUID) -> Done:
        async with asyncio.timeout(PATIENCE_S):
            *_, last = [seen async for seen in watch(self._pool, APP, job_id, poll_s=POLL_S)]
        async with self._pool.acquire() as conn:
            done = Done(last.job, await store.results(conn, APP, job_id) or {})
        self.done.append(done)
        return done

    async def _get(self, job_id: UUID) -> Job:
        async with self._pool.acquire() as conn:
            return await store.get(conn, APP, job_id)

    async def records(self) -> Claim:
        """Rows come in, act, go out again and are deleted."""
        contacts = self._app.manifest.entity("contacts")
        ours = {"since": SINCE}
        async with self._pool.transaction() as conn:
            for left in (await records.find_page(conn, APP, contacts, ours)).items:
                await records.remove(conn, APP, contacts, left.id)
            file = await files.store(conn, APP, "contacts.csv", [CONTACTS.encode()], content_type="text/csv")
        imported = await self.run(requests.import_records(BY, contacts, file, {}))
        greeted = await self.run(
            requests.run_action(BY, self._app.manifest.action("contacts", "greet"), contacts, ours, {}, {})
        )
        exported = await self.run(requests.export_records(BY, contacts, ours, {}))
        deleted = await self.run(requests.delete_records(BY, contacts, ours, {}))
        found = (
            [imported.results.get(key) for key in ("rowsImported", "rowsWithErrors")],
            len(greeted.results.get("results", [])),
            exported.results.get("recordsExported"),
            len(deleted.results.get("results", [])),
        )
        return Claim(
            "two of three contacts came in, were greeted, went out, were deleted", found == ([2, 1], 2, 2, 2), found
        )

    async def users(self) -> Claim:
        """Users come in and go out."""
        async with self._pool.transaction() as conn:
            file = await files.store(conn, APP, "users.csv", [USERS.encode()], content_type="text/csv")
        imported = await self.run(requests.import_users(BY, file, False, {}))
        exported = await self.run(requests.export_users(BY, {}))
        found = imported.job.has_errors, exported.results.get("usersExported", 0)
        return Claim("two users came in, and all went out", not found[0] and found[1] >= 2, found)

    async def listener(self) -> Claim:
        """A custom event is heard."""
        async with self._pool.transaction() as conn:
            heard = await custom.trigger(conn, APP, "scoreReached", {"company": "Demo", "score": 100}, NOBODY)
        query = search.JobQuery.parse({"type": JobType.EXECUTE_LISTENER.value})
        began = datetime.now(UTC) - timedelta(minutes=1)
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await self._heard(query, began)):  # noqa: ASYNC110 - the database is asked
                await asyncio.sleep(POLL_S)
        done = await self._over(found[0].id)
        return Claim("a custom event started its listener", heard == 1 and not done.job.has_errors, heard)

    async def _heard(self, query: search.JobQuery, since: datetime) -> Sequence[Job]:
        async with self._pool.acquire() as conn:
            page = await search.find_page(conn, APP, query, limit=50)
        return [job for job in page.jobs if job.name == "scoreReached" and job.created_at >= since]

    async def endpoint(self, settings: Settings) -> Claim:
        """An endpoint answers a real request while it is deployed, and 404 afterwards."""
        stats = self._app.manifest.endpoint("stats")
        async with self._serving(settings) as get:
            await self.run(requests.deploy_endpoint(BY, stats, {}))
            status, body = await get()
            await self.run(requests.undeploy_endpoint(BY, stats, {}))
            later, _ = await get()
        found = (status, sorted(body), later)
        return Claim("the endpoint answered 200, then 404", found == (200, ["a", "all", "b", "c", "d"], 404), found)

    @asynccontextmanager
    async def _serving(self, settings: Settings) -> AsyncIterator[Any]:
        """The API on a port of its own, and how to call the endpoint there with a token."""
        async with self._pool.acquire() as conn:
            until = datetime.now(UTC) + timedelta(minutes=10)
            issued = await tokens.issue(conn, APP, "ada", name="demo", scopes=[Scope.RUN], expires_at=until)
        async with app.open_check() as check, app.open_api(replace(settings, api_port=0), self._pool, check) as api:
            serving = asyncio.create_task(api.run())

            async def get() -> tuple[int, Any]:
                return await asyncio.to_thread(_get, f"{api.url}/apps/{APP}/endpoints/stats", issued.secret)

            try:
                yield get
            finally:
                api.stop()
                await serving

    async def stopped(self) -> Claim:
        """A stopped app's job waits, and goes on when the app is started."""
        await self.run(requests.stop_app(BY, {}))
        async with self._pool.transaction() as conn:
            (waiting,) = await store.create(conn, [requests.export_users(BY, {})])
        status = (await self._get(waiting)).status.value
        await self.run(requests.start_app(BY, {}))
        done = await self._over(waiting)
        found = status, done.job.status.value
        return Claim("a stopped app's job waited for its start", found == ("PENDING", "FINISHED"), found)


def _get(url: str, secret: str) -> tuple[int, Any]:
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {secret}"})  # noqa: S310 - our own API
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


async def tour(pool: Pool, settings: Settings, report: Report) -> list[Claim]:
    """One job of each public type, shown and checked. Nothing else of the app may be under way."""
    async with pool.acquire() as conn:
        tour = Tour(pool, await AppCache().get(conn, APP))
    found = [await tour.records(), await tour.users(), await tour.listener()]
    found += [await tour.endpoint(settings), await tour.stopped()]
    report.rows(
        ["type", "status", "data()", "results()"],
        [(each.job.type.value, each.job.status.value, short(each.job.data), short(each.results)) for each in tour.done],
    )
    public = [kind for kind in JobType if kind.is_public]
    missing = [kind.value for kind in public if kind not in {each.job.type for each in tour.done}]
    failed = [each.job.type.value for each in tour.done if each.results.get("error")]
    return [
        Claim(f"all {len(public)} public types ran", not missing, missing),
        Claim("none ended with an error of its own", not failed, failed),
        *found,
    ]
