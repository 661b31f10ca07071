"""`headrace app …`: whether an app's jobs run, and which of its endpoints answer."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from engine import app
from engine.apps import endpoints
from engine.apps.manifest import Endpoint
from engine.apps.store import Pushed, get_pushed, load_manifest
from engine.cli import loop
from engine.cli.database import existing
from engine.cli.exits import Exit
from engine.cli.options import spelled
from engine.cli.output import Output
from engine.cli.run import follow
from engine.jobs import requests, store
from engine.jobs.documents import time_text
from engine.jobs.requests import Requester
from engine.model import NewJob, check_name
from engine.settings import Loaded


def start(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The app's jobs go on where they were."""
    new = requests.start_app(_by(given), {"pushChanges": given.push_changes})
    return loop.run(_run(new, given, loaded, output))


def stop(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """None of the app's jobs runs any more."""
    new = requests.stop_app(_by(given), {"sleep": given.sleep})
    return loop.run(_run(new, given, loaded, output))


def deploy(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """An endpoint of the app answers."""
    return loop.run(_change(requests.deploy_endpoint, given, loaded, output))


def undeploy(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """An endpoint of the app answers no more."""
    return loop.run(_change(requests.undeploy_endpoint, given, loaded, output))


def _by(given: argparse.Namespace) -> Requester:
    return Requester(check_name("APP", given.app), None)


async def _run(new: NewJob, given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    async with app.open_database(loaded.settings, create=False) as database:
        async with database.pool.transaction() as conn:
            await get_pushed(conn, new.app)
            (job_id,) = await store.create(conn, [new])
        return await follow(database.pool, loaded.settings, output, new.app, job_id, detach=given.detach)


async def _change(
    make: Callable[[Requester, Endpoint, object], NewJob], given: argparse.Namespace, loaded: Loaded, output: Output
) -> Exit:
    by = _by(given)
    async with app.open_database(loaded.settings, create=False) as database:
        async with database.pool.transaction() as conn:
            manifest = await load_manifest(conn, by.app)
            with spelled(endpointName="ENDPOINT"):
                (job_id,) = await store.create(conn, [make(by, manifest.endpoint(given.endpoint), {})])
        return await follow(database.pool, loaded.settings, output, by.app, job_id, detach=given.detach)


def show(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The app's version, the one that waits, and whether it runs."""
    return loop.run(_show(given, loaded, output))


async def _show(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    async with existing(loaded) as pool, pool.acquire() as conn:
        found = await get_pushed(conn, check_name("APP", given.app))
        manifest = await load_manifest(conn, found.name, found.version)
        deployed = await endpoints.deployed(conn, found.name)
    if output.as_json:
        declared = [_endpoint(each, each.name in deployed) for each in manifest.endpoints.values()]
        output.document({**_document(found), "endpoints": declared})
        return Exit.DONE
    output.line(f"{found.name}  {found.label}")
    output.line(f"state    {found.state.value}")
    output.line(f"version  {found.version}, pushed {found.pushed_at.astimezone():%Y-%m-%d %H:%M}{_pusher(found)}")
    if found.waiting_version is not None:
        advice = f"`headrace app start {found.name} --push-changes` pushes it"
        output.line(f"waiting  version {found.waiting_version}: {advice}")
    for each in manifest.endpoints.values():
        word = "deployed" if each.name in deployed else "not deployed"
        output.line(f"endpoint {each.name}  {each.method} /apps/{found.name}/endpoints{each.path}  {word}")
    return Exit.DONE


def _pusher(found: Pushed) -> str:
    return f" by {found.pushed_by}" if found.pushed_by else ""


def _endpoint(endpoint: Endpoint, deployed: bool) -> dict[str, Any]:
    return {"name": endpoint.name, "method": endpoint.method, "path": endpoint.path, "deployed": deployed}


def _document(found: Pushed) -> dict[str, Any]:
    return {
        "name": found.name,
        "label": found.label,
        "state": found.state.value,
        "version": found.version,
        "waitingVersion": found.waiting_version,
        "pushDate": time_text(found.pushed_at),
        "pushedBy": found.pushed_by,
    }
