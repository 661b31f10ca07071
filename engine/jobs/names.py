"""The names on which processes meet: channels of LISTEN and NOTIFY."""

from __future__ import annotations

JOBS_CHANNEL = "headrace_jobs"
"""Something became claimable: "APP QUEUE" says where, an empty payload leaves that to the worker's look. Equal
payloads of a transaction are one notification, so a batch sends one for each lane."""

EVENTS_CHANNEL = "headrace_events"
"""Events were written (migration 0052 sends it): whoever delivers looks at once."""

TOPICS_CHANNEL = "headrace_topics"
"""Messages of apps where there is no broker: app, topic, messageId and message, as JSON."""

CONTROL_CHANNEL = "headrace_control"
"""A running job was stopped or canceled; the payload is the id of the worker that holds it."""
