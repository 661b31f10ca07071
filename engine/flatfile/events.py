"""The feed of events: what happened to the jobs of an app, in Flatfile's words and in order.

Doors tell what they change in the transaction of the change. What changes elsewhere, by a worker, a script or the
console, is told by the next reader, which compares what was told with what is. So the queue pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.db.pool import Connection
from engine.db.sql import load
from engine.flatfile import store
from engine.flatfile.store import FlatfileJob
from engine.flatfile.words import ENDS, READY, UPDATED, Ref, announced, topics

# By the job's type, what of an event's context its source is.
_SOURCES = {
    "workbook": "workbookId",
    "sheet": "sheetId",
    "space": "spaceId",
    "file": "fileId",
    "document": "documentId",
    "app": "appId",
}
_IDS = ("spaceId", "environmentId", "fileId")


async def tell(conn: Connection, job: FlatfileJob, *, also: Sequence[str] = (), touched: bool = False) -> None:
    """Writes the events that lead to what the job is now, then `also`; `touched` makes it at least a job:updated.

    In the transaction of the change, as its last act: others of the app wait until it commits.
    """
    news = [*topics(job.told, job.word, job.attempt), *also]
    if touched and not news:
        news = [UPDATED]
    if not news:
        return
    told = announced(job.told, job.word, job.attempt)
    ref = Ref(job.id)
    await conn.execute(load("flatfile_events_lock"), job.app)
    await conn.execute(
        load("flatfile_tell"),
        job.id,
        told.word,
        told.attempts,
        job.attempt,
        news,
        [context(job, ref) for _ in news],
        [payload(job, topic) for topic in news],
    )


async def refreshed(
    conn: Connection, job: FlatfileJob, *, also: Sequence[str] = (), touched: bool = True
) -> FlatfileJob:
    """The job as it is after a change, which the feed has been told."""
    now = await store.get(conn, job.app, job.id)
    await tell(conn, now, also=also, touched=touched)
    return now


def context(job: FlatfileJob, ref: Ref) -> dict[str, Any]:
    """Where an event belongs: the ids that the vendor's events carry, as far as the job has them."""
    config = job.config
    known = {name: config[name] for name in _IDS if config.get(name)}
    source = _SOURCES.get(str(config.get("type")))
    if source is not None and config.get("source"):
        known[source] = config["source"]
    environment = known.pop("environmentId", job.app)
    actor = {} if job.run_by is None else {"actorId": job.run_by}
    action = {"actionName": job.name} if "actionId" in config else {}
    return {"accountId": job.app, "environmentId": environment, **known, "jobId": str(ref), **actor, **action}


def payload(job: FlatfileJob, topic: str) -> dict[str, Any]:
    """What an event tells of its job; at job:ready it is ready, also if it is over by now."""
    config = job.config
    kind, operation = config.get("type", ""), config.get("operation", "")
    ended = topic not in (READY, UPDATED) and job.word in ENDS
    told: dict[str, Any] = {
        "status": "ready" if topic == READY else job.word,
        "job": job.name,
        "domain": kind,
        "type": kind,
        "operation": operation,
        "trigger": config.get("trigger", "manual"),
        "input": dict(job.params),
        "progress": job.progress,
        "isPart": "part" in config,
        "info": job.info,
        "outcome": job.left.get("outcome") if ended else None,
        **{name: config.get(name) for name in ("source", "destination", "subject", "metadata", "part", "partData")},
    }
    return {name: value for name, value in told.items() if value is not None}


def document(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as the vendor's listener takes it: `dispatchEvent(event)`."""
    return {
        "id": str(event["n"]),
        "topic": event["topic"],
        "domain": "job",
        "context": event["context"],
        "payload": event["payload"],
        "createdAt": event["at"],
        "namespaces": [],
        "origin": {},
        "target": "",
    }
