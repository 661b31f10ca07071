"""What a worker's process does for the platform beside its jobs."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any

from engine.executors.run import Services
from engine.schedule.scheduler import Scheduler
from engine.worker.amqp import AmqpBroker
from engine.worker.outbox import Outbox


def beside(services: Services) -> Iterator[Coroutine[Any, Any, None]]:
    """Runs of schedules and messages to a broker, where the settings want them; each lasts until it is cancelled."""
    pool, settings, metrics = services.pool, services.settings, services.metrics
    if settings.scheduler:
        yield Scheduler(pool, services.apps, metrics.schedules, keep_days=settings.schedule_runs_days).run()
    if settings.amqp_url is not None:
        yield Outbox(pool, AmqpBroker(settings.amqp_url), metrics.outbox).run()
