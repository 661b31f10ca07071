"""What a worker is told about an attempt that it runs, as the reason with which the attempt ends."""

from __future__ import annotations

from engine.model import Status


def reason(status: str | None, *, lost: bool, halted: bool) -> str:
    """The reason for a job that is in this status now; None if it is gone.

    `lost`: another attempt has it. `halted`: its app was stopped; it goes on when the app is started, on any worker.
    """
    if lost:
        return "lost"
    if status == Status.CANCELING:
        return "cancel"
    return "handover" if halted and status == Status.RUNNING else "stop"
