"""Children that have run a script and wait for the same script's next run, on behalf of the same owner.

Nothing can leak between two runs in one child that the second could not have by itself: both are the same
text of the same app, act for the same user, and have fresh globals. A script that broke out of its language
layer could tamper only with its own next run. Whoever differs in any of these gets another process.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from scripting.images import Key as ProgramKey
from scripting.model import Limits
from scripting.session import Session

# (owner, program with its app, limits)
Key = tuple[str, ProgramKey, Limits]
_IDLE_S = 30.0


class Resting:
    """At most `most` sessions, each for at most _IDLE_S; beyond, the one that rests longest is closed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sessions: OrderedDict[Session, tuple[Key, asyncio.TimerHandle]] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def take(self, key: Key) -> Session | None:
        """A session for the next run, if one rests that is still good."""
        for session in [each for each, (its_key, _) in self._sessions.items() if its_key == key]:
            self._sessions.pop(session)[1].cancel()
            if session.can_rest():
                return session
            self._close(session)
        return None

    def add(self, key: Key, session: Session) -> bool:
        """Keeps a session that has ended its run; False if it must be closed instead."""
        if self._most < 1 or not session.can_rest():
            return False
        timer = asyncio.get_running_loop().call_later(_IDLE_S, self._drop, session)
        self._sessions[session] = (key, timer)
        if len(self._sessions) > self._most:
            self._drop(next(iter(self._sessions)))
        return True

    async def close(self) -> None:
        """Closes every session; returns when their children are reaped."""
        for session in list(self._sessions):
            self._drop(session)
        await asyncio.gather(*self._closing)

    def _drop(self, session: Session) -> None:
        self._sessions.pop(session)[1].cancel()
        self._close(session)

    def _close(self, session: Session) -> None:
        task = asyncio.get_running_loop().create_task(session.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
