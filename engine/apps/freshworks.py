"""Apps of Freshworks' kind (seed 000): manifest.json names jobs, server.js exports a function for each of them.

A job becomes a global action of its name, so everything that starts actions starts it: `client.job.invoke`, scripts,
schedules, `POST /apps/APP/jobs`. Its script is one line, made here, that calls the function with $job and iparams.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.apps.declarations import script_limits
from engine.apps.limits import ScriptLimits
from engine.apps.manifest import Action, ActionKind, Manifest, Queue
from engine.apps.toml import Problems, Table
from engine.errors import BadRequest
from engine.jobs.limits import MOST_JOBS
from engine.model import check_name
from engine.net.hosts import ALLOWED, is_host

MANIFEST = "manifest.json"
SERVER = "server.js"
# Where the vendor's tool keeps server.js, and where people keep what it requires.
FOLDERS = ("server", "lib")
QUEUE = "freshworks"
# The vendor's limits, where the app does not say otherwise.
MINUTE_MS, MINUTES, MOST_MINUTES, RUNNING = 60_000, 2, 1440, 15
# npm packages that scripts find here.
SERVED = ("axios",)


@dataclass(frozen=True, slots=True)
class FreshworksApp:
    """What the app declares, and the scripts of its jobs by path."""

    manifest: Manifest
    entries: Mapping[str, str]


def read(text: str, name: str, scripts: Sequence[str], problems: Problems) -> FreshworksApp | None:
    """The app of this manifest.json; None, or a manifest that is not to be used, if there are problems."""
    root = _parse(text, problems)
    if root is None:
        return None
    server = next((path for path in (f"server/{SERVER}", SERVER) if path in scripts), None)
    if server is None:
        problems.add(MANIFEST, f"there is no {SERVER} beside it, nor server/{SERVER}, which exports the jobs")
    own = root.table("headrace")
    limits = script_limits(own)
    jobs = list(_jobs(root, limits))
    manifest = Manifest(
        name=_name(own, own.take("name", str, name)),
        label=own.take("label", str, name),
        actions={job.name: job for job in jobs},
        queues={QUEUE: Queue(QUEUE, own.take_whole("concurrency", RUNNING, least=0, most=MOST_JOBS))},
        hosts=_hosts(root, own),
        limits=limits,
        iparams=True,
    )
    own.close()
    _check_packages(root)
    return FreshworksApp(manifest, {job.script: _entry(server or SERVER, job.name) for job in jobs})


def _parse(text: str, problems: Problems) -> Table | None:
    try:
        found = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        problems.add(f"{MANIFEST}:{line}", f"not valid JSON: {getattr(error, 'msg', error)}")
        return None
    if not isinstance(found, dict):
        problems.add(MANIFEST, "is no object")
        return None
    return Table(found, file=MANIFEST, path="", problems=problems)


def _name(own: Table, name: str) -> str:
    try:
        return check_name("name", name)
    except BadRequest as error:
        own.complain("name", f"{error.message.removeprefix('name: ')}; say it here or with --app")
        return name


def _jobs(root: Table, limits: ScriptLimits) -> Iterator[Action]:
    """The jobs of every module, wherever the samples have them: modules.common.jobs, common.jobs, jobs."""
    places = [root, root.table("common"), *_modules(root.table("modules"))]
    seen: set[str] = set()
    for place in places:
        for name, job in place.tables("jobs").items():
            if name in seen:
                job.complain(None, "is there twice")
            seen.add(name)
            yield _job(name, job, limits)
    if not seen:
        root.complain(None, "names no jobs; expected modules.common.jobs")


def _modules(modules: Table) -> list[Table]:
    return [modules.table(name) for name, value in modules.items() if isinstance(value, dict)]


def _job(name: str, table: Table, limits: ScriptLimits) -> Action:
    minutes = table.take("timeout", float, MINUTES)
    if not 0 < minutes <= MOST_MINUTES:
        table.complain("timeout", f"{minutes:g} is not allowed; expected minutes, more than 0, up to {MOST_MINUTES}")
        minutes = MINUTES
    table.close()
    timeout = max(1, round(minutes * MINUTE_MS))
    # Their time-out is the only limit on time that they have, so a longer one is of CPU time too.
    computes = timeout if minutes > MINUTES and limits.cpu_ms is None else None
    return Action(
        name=name,
        label=name,
        kind=ActionKind.GLOBAL,
        script=f"jobs/{name}.js",
        queue=QUEUE,
        timeout=timeout,
        limits=ScriptLimits(cpu_ms=computes),
    )


def _hosts(root: Table, own: Table) -> tuple[str, ...]:
    """What the app's axios may reach: ours, and the vendor's list, whose entries begin with https://."""
    listed = [*own.take_texts("hosts"), *root.take_texts("whitelisted-domains")]
    found = tuple(dict.fromkeys(host.lower().removeprefix("https://").rstrip("/") for host in listed))
    for host in found:
        if not is_host(host):
            own.complain("hosts", f"{host[:60]!r} is not allowed; expected {ALLOWED}")
    return found


def _check_packages(root: Table) -> None:
    for name, _ in root.table("dependencies").items():
        if name not in SERVED:
            known = ", ".join(SERVED)
            root.complain(f"dependencies.{name}", f"is not served here, {known} is; put its code into lib/")


def _entry(server: str, name: str) -> str:
    arguments = ", ".join(json.dumps(text) for text in (server, name))
    return f'return require("freshworks").run({arguments}, params);\n'
