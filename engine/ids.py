"""UUIDv7 ids made in the process, in the layout of headrace.uuid_v7 (sql/migrations/0001_jobs.sql)."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id(now_ns: int | None = None) -> UUID:
    """A fresh id, greater than every id that this process made before.

    RFC 9562 method 3: 48 bits of milliseconds, 12 bits of the fraction, 62 random bits.
    Equal instants (bulk enqueue) count on in the fraction, so a batch keeps its order.
    """
    global _last
    ns = time.time_ns() if now_ns is None else now_ns
    stamp = (ns // 1_000_000 << 12) | (ns % 1_000_000 * 4096 // 1_000_000)
    with _lock:
        stamp = max(stamp, _last + 1)
        _last = stamp
    random = int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | random
    return UUID(int=value)


def id_time(value: UUID) -> datetime:
    """When the id was made, to the millisecond."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


def floor_id(ms: int) -> UUID:
    """The smallest id of this millisecond since the epoch: turns a time filter into a range of ids."""
    return UUID(int=max(0, min(ms, (1 << 48) - 1)) << 80)
