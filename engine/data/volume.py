"""Bytes of files on a folder that all processes share, such as a mounted volume: one file a file, by its id.

What is written is on the disk before the transaction of its writer commits. Whoever writes from the same byte on
after a crash replaces all behind it, so what a transaction did not commit is never read.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from engine.errors import HeadraceError

T = TypeVar("T")

# How much is written and read at a time.
PIECE = 1 << 18
# Younger ones may belong to a transaction that has not committed yet.
ORPHAN_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Volume:
    """The folder, which must be there: a volume that is not mounted must not be taken for an empty one."""

    folder: Path

    async def write(self, file_id: UUID, offset: int, data: bytes) -> None:
        """The file has these bytes from `offset` on, and ends behind them."""
        await self._do(lambda: _write(self._path(file_id), offset, data))

    async def read(self, file_id: UUID, offset: int) -> bytes:
        """The file's bytes from `offset` on, up to 256 KiB; none past its end."""
        return await self._do(lambda: _read(self._path(file_id), offset))

    async def remove(self, file_ids: Sequence[UUID]) -> None:
        """The files are gone; one that was not there is too."""
        paths = [self._path(file_id) for file_id in file_ids]
        await self._do(lambda: _unlink(paths))

    async def old(self) -> list[UUID]:
        """The files that have not been written to for a day."""
        return await self._do(lambda: list(_old(self.folder, time.time() - ORPHAN_S)))

    def _path(self, file_id: UUID) -> Path:
        # Ids begin with the time: their ends spread over the folders.
        return self.folder / str(file_id)[-2:] / str(file_id)

    async def _do(self, work: Callable[[], T]) -> T:
        with _translated(self.folder):
            return await asyncio.to_thread(work)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HeadraceError(f"the files of files_dir ({folder}): {error.strerror}: {error.filename}") from error


def _write(path: Path, offset: int, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o640)
    try:
        at = 0
        while at < len(data):
            at += os.pwrite(descriptor, data[at:], offset + at)
        os.ftruncate(descriptor, offset + len(data))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if offset == 0:
        _keep_entry(path.parent)


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _keep_entry(folder: Path) -> None:
    """A new file is on the disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PIECE)


def _old(folder: Path, before: float) -> Iterator[UUID]:
    for path in folder.glob("[0-9a-f][0-9a-f]/*"):
        try:
            if path.stat().st_mtime < before:
                yield UUID(path.name)
        except (ValueError, FileNotFoundError):
            # Not one of ours, or gone meanwhile.
            continue


def volume_of(folder: Path | None) -> Volume | None:
    """The volume in this folder, if there is one (setting `files_dir`)."""
    return None if folder is None else Volume(folder)
