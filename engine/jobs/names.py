"""The names on which processes meet: channels of LISTEN and NOTIFY."""

from __future__ import annotations

JOBS_CHANNEL = "headrace_jobs"
"""Something became claimable; no payload, so that a batch sends one notification."""

CONTROL_CHANNEL = "headrace_control"
"""A running job was stopped or canceled; the payload is the id of the worker that holds it."""
