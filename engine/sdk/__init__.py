"""What code outside of the platform imports: handlers for workers, and clients that speak to its HTTP API.

    from engine.sdk import Listener, job_handler

`engine.sdk.ductape` is imported on its own: it needs an HTTP client, which handlers do not.
"""

from engine.sdk.events import TOPICS, Event
from engine.sdk.handlers import JobHandler, job_handler
from engine.sdk.listener import Listener
from engine.sdk.ticks import Tick

__all__ = ["TOPICS", "Event", "JobHandler", "Listener", "Tick", "job_handler"]
