"""UUIDv7 ids made in the process, in the layout of headrace.uuid_v7 (sql/migrations/0001_jobs.sql)."""

from __future__ import annotations

import os
import struct
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

import asyncpg.pgproto.pgproto

_lock = threading.Lock()
_last = 0


def new_id(now_ns: int | None = None) -> UUID:
    """A fresh id, greater than every id that this process made before.

    RFC 9562 method 3: 48 bits of milliseconds, 12 bits of the fraction, 62 random bits.
    """
    return new_ids(1, now_ns)[0]


def new_ids(count: int, now_ns: int | None = None) -> list[UUID]:
    """So many ids in rising order, as by `new_id`: each counts on in the fraction from the one before."""
    global _last
    ns = time.time_ns() if now_ns is None else now_ns
    stamp = (ns // 1_000_000 << 12) | (ns % 1_000_000 * 4096 // 1_000_000)
    with _lock:
        stamp = max(stamp, _last + 1)
        _last = stamp + count - 1
    random = struct.unpack(f">{count}Q", os.urandom(8 * count))
    # asyncpg's UUID, which is one of the library's, is made and sent in a third of the time.
    return [
        asyncpg.pgproto.pgproto.UUID(
            ((n >> 12) << 80 | 0x7 << 76 | (n & 0xFFF) << 64 | 0b10 << 62 | tail & (1 << 62) - 1).to_bytes(16)
        )
        for n, tail in enumerate(random, stamp)
    ]


def id_ms(value: UUID) -> int:
    """When the id was made, in milliseconds since the epoch."""
    return value.int >> 80


def id_time(value: UUID) -> datetime:
    """When the id was made, to the millisecond."""
    return datetime.fromtimestamp(id_ms(value) / 1000, UTC)


def floor_id(ms: int) -> UUID:
    """The smallest id of this millisecond since the epoch: turns a time filter into a range of ids."""
    return UUID(int=max(0, min(ms, (1 << 48) - 1)) << 80)
