"""What a worker remembers of the lanes: which have work, whose turn it is, and from which rank on to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from engine.jobs.queue import Batch
from engine.jobs.ready import BEGINNING, LOW, MOST_LANES, NORMAL, Lane

# A job whose transaction commits after a job of a later rank was claimed lies before the remembered rank: within the
# slack it is seen at once, else when the lane is looked at from its beginning again. Behind a claim that took many and
# may find more there is none: 50 ms of a backlog are thousands of entries that are claimed, and cannot be told to be
# dead while other workers look (0.9 of the 21 µs that a job took PostgreSQL with two of them).
SLACK_S = 0.05
MANY = 100
AFRESH_S = 0.25
# Where a snapshot is held that look walks over all dead entries of the list, 0.1 s for a million of them: it rests so
# many times as long as it took, up to some seconds.
RESTS, MOST_AFRESH_S = 20, 5.0
KEEP_S = 5.0
# Whoever holds a job for more than a moment may hold it for longer, and where one job was canceled others were.
CAREFUL_S = 5.0
EXTRA, MOST_EXTRA = 8, 2000

Key = tuple[str, str]


@dataclass(slots=True)
class _Memory:
    """One lane. Times are the clock's; `open` says that the lane may have more than it gave, `news` that something came
    into it since the last claim began, which may have looked before. `extra` is how many entries beyond its share to
    look at, since others hold locks on the first ones. `began_at` is when it was last looked at from its beginning,
    `afresh_at` when it is next. `careful_until` is how long claims lock each job first. `last_s` is the last
    rank that was claimed, by priority."""

    useful_at: float
    open: bool = True
    news: bool = False
    began_at: float = float("-inf")
    afresh_at: float = float("-inf")
    extra: int = 0
    slack_s: float = SLACK_S
    careful_until: float = float("-inf")
    last_s: dict[int, float] = field(default_factory=dict)


class Lanes:
    """Shares claims between apps, and within an app between its queues, in turns. `clock` is monotonic, in s.

    `serves` tells which queues this worker takes jobs from.
    """

    def __init__(self, clock: Callable[[], float], *, serves: Callable[[str], bool] = lambda queue: True) -> None:
        self._clock = clock
        self._serves = serves
        self._lanes: dict[Key, _Memory] = {}
        self._last_queue: dict[str, str] = {}
        self.position: Key = ("", "")

    def found(self, keys: Iterable[Key]) -> bool:
        """A look found work in these lanes; whether there is any."""
        now = self._clock()
        found = {key: self._lanes.get(key) or _Memory(now) for key in keys if self._serves(key[1])}
        for memory in found.values():
            if not memory.open:
                # A claim found nothing where the look finds something: it lies before the remembered rank.
                memory.afresh_at = float("-inf")
            memory.useful_at, memory.open = now, True
        kept = {key: memory for key, memory in self._lanes.items() if memory.useful_at > now - KEEP_S}
        self._lanes = dict(list({**found, **kept}.items())[:MOST_LANES])
        self._last_queue = {app: queue for app, queue in self._last_queue.items() if (app, queue) in self._lanes}
        return bool(found)

    def told(self, key: Key) -> None:
        """Something became claimable in this lane."""
        if self._serves(key[1]) and (key in self._lanes or len(self._lanes) < MOST_LANES):
            memory = self._lanes.setdefault(key, _Memory(self._clock()))
            memory.useful_at, memory.open, memory.news = self._clock(), True, True

    def reopen(self) -> None:
        """Something became claimable: every lane that is known may have it."""
        for memory in self._lanes.values():
            memory.open = memory.news = True

    def choose(self, limit: int, *, low_first: int = 0, only: str | None = None) -> list[Lane]:
        """The lanes for the next claim of `limit` jobs: one of each app, the apps in turn; none if none is open.

        The first ones share the low-priority jobs that come before all others. Those of one queue, if `only` names it.
        """
        chosen = [(app, self._next_queue(app, queues)) for app, queues in self._apps_in_turn(only)][:limit]
        if not chosen:
            return []
        share, (each, more) = -(-limit // len(chosen)), divmod(low_first, len(chosen))
        return [self._lane(key, share, each + (n < more)) for n, key in enumerate(chosen)]

    def _apps_in_turn(self, only: str | None) -> list[tuple[str, list[str]]]:
        """Each app with its open queues, from the one behind the last claim's on."""
        queues: dict[str, list[str]] = {}
        for app, queue in sorted(key for key, memory in self._lanes.items() if memory.open and only in (None, key[1])):
            queues.setdefault(app, []).append(queue)
        last = self.position[0]
        return sorted(queues.items(), key=lambda item: (item[0] <= last, item[0]))

    def _next_queue(self, app: str, queues: Sequence[str]) -> str:
        last = self._last_queue.get(app, "")
        chosen = next((queue for queue in queues if queue > last), queues[0])
        self._last_queue[app] = chosen
        return chosen

    def claimed(self, lanes: Sequence[Lane], batch: Batch, limit: int) -> None:
        """What a claim of `limit` jobs took from these lanes: one that gave less than it might is empty for now."""
        now = self._clock()
        taken = Counter(key for key, _, _ in batch.ranks)
        full = len(batch.ranks) >= limit
        served = [lane for lane in lanes if taken[lane.app, lane.queue]] if full else lanes
        self.position = (served[-1].app, served[-1].queue)
        for lane in lanes:
            memory = self._lanes[lane.app, lane.queue]
            count = taken[lane.app, lane.queue]
            memory.extra = min(MOST_EXTRA, 4 * memory.extra + EXTRA) if batch.passed and count < lane.most else 0
            more = full or batch.dropped > 0 or count >= lane.most or 0 < memory.extra < MOST_EXTRA
            memory.open = more or memory.news
            memory.slack_s = 0.0 if count >= max(lane.most, MANY) else SLACK_S
            if count:
                memory.useful_at = now
            if lane.normal_since == lane.low_since == BEGINNING:
                memory.afresh_at = now + min(MOST_AFRESH_S, max(AFRESH_S, RESTS * (now - memory.began_at)))
            if batch.care:
                # What it left lies before the last rank.
                memory.afresh_at = float("-inf")
            if batch.care or (batch.dropped and lane.careful):
                memory.careful_until = now + CAREFUL_S
        # In a claim's order the last one of a lane and a priority is the furthest.
        for (key, priority), rank_s in {(key, priority): rank_s for key, priority, rank_s in batch.ranks}.items():
            last_s = self._lanes[key].last_s
            last_s[priority] = max(rank_s, last_s.get(priority, 0.0))

    def _lane(self, key: Key, share: int, low_first: int) -> Lane:
        memory = self._lanes[key]
        memory.news = False
        careful = self._clock() < memory.careful_until
        depth = share + memory.extra
        return Lane(*key, *self._since(memory), most=share, depth=depth, low_first=low_first, careful=careful)

    def _since(self, memory: _Memory) -> tuple[datetime, datetime]:
        now = self._clock()
        if memory.afresh_at <= now:
            memory.began_at, memory.afresh_at = now, now + AFRESH_S
            memory.last_s.clear()
        return _since(memory, NORMAL), _since(memory, LOW)


def _since(memory: _Memory, priority: int) -> datetime:
    return datetime.fromtimestamp(max(0.0, memory.last_s.get(priority, 0.0) - memory.slack_s), UTC)
