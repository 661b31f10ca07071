"""PUBLISH_MESSAGE: a message for a topic, exactly once into the outbox, or to whoever listens.

With a broker (setting `amqp_url`) the message is a row of headrace.outbox, which the workers pass on; without one it is
a notification on the channel `headrace_topics`. Either is written in one transaction with the mark that it was.
"""

from __future__ import annotations

import json

from engine.apps.outgoing import Topic
from engine.db.sql import load
from engine.executors.endings import Ending, Failed, Finished
from engine.executors.run import Effect, Run
from engine.jobs import store
from engine.jobs.names import TOPICS_CHANNEL

# PostgreSQL takes 7,999 bytes.
MOST_BYTES = 7900
_DONE = Finished({"results": {"status": "ok"}})


async def execute(run: Run) -> Ending:
    """Publishes the parameters; once, however often the job is begun."""
    if run.claim.checkpoint.get("published"):
        return _DONE
    app = await run.app()
    topic = app.manifest.topic(run.claim.spec["topicName"])
    broker = run.services.settings.amqp_url is not None
    text = _text(run, topic)
    if not broker and (size := len(text.encode())) > MOST_BYTES:
        message = f"the message has {size} bytes; without a broker {MOST_BYTES} are the most"
        return Failed({"code": "badRequest", "message": message}, retryable=False)

    async def publish(scope: Effect) -> None:
        if broker:
            where = (run.claim.id, run.claim.app, topic.name, topic.exchange, topic.routing_key)
            await scope.conn.execute(load("outbox_insert"), *where, run.claim.spec["params"])
        else:
            await scope.conn.execute(load("notify"), TOPICS_CHANNEL, text)
        await store.set_progress(scope.conn, run.claim.id, checkpoint={"published": True})

    await run.transact(publish)
    return _DONE


def _text(run: Run, topic: Topic) -> str:
    told = {"app": run.claim.app, "topic": topic.name, "messageId": str(run.claim.id)}
    return json.dumps({**told, "message": run.claim.spec["params"]}, ensure_ascii=False, separators=(",", ":"))
