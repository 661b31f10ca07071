"""`--output FILE` of an export: the file that the job made, written here piece by piece."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from engine.data import files
from engine.data.volume import volume_of
from engine.db.pool import Pool
from engine.errors import ConfigError
from engine.settings import Settings

STDOUT = "-"


@dataclass(slots=True)
class Target:
    """Where the bytes go; `whole` once all of them are there."""

    stream: BinaryIO
    whole: bool = False

    async def fill(self, pool: Pool, settings: Settings, app: str, file_id: UUID) -> int:
        """Writes the file of the app; how many bytes it has. No connection is held while some are written."""
        offset, volume = 0, volume_of(settings.files_dir)
        while True:
            async with pool.acquire() as conn:
                piece = await files.read_piece(conn, app, file_id, offset, volume=volume)
            if not piece:
                break
            self.stream.write(piece)
            offset += len(piece)
        self.stream.flush()
        self.whole = True
        return offset


@contextmanager
def target(path: str | None) -> Iterator[Target | None]:
    """Where `--output` says; None without it. A file appears when it is whole, in place of the one that was there."""
    if path is None:
        yield None
    elif path == STDOUT:
        yield Target(sys.stdout.buffer)
    else:
        with _file(Path(path).resolve(), path) as found:
            yield found


@contextmanager
def _file(path: Path, typed: str) -> Iterator[Target]:
    # What is there and no plain file, such as a pipe or /dev/null, must not be replaced.
    replaces = path.is_file() or not path.exists()
    part = path.with_name(f"{path.name}.{os.getpid()}.part") if replaces else path
    try:
        stream = part.open("wb")
    except OSError as error:
        raise ConfigError.field("--output", typed, f"a file that can be written ({error.strerror})") from None
    try:
        with stream:
            found = Target(stream)
            yield found
        if replaces and found.whole:
            part.replace(path)
    finally:
        if replaces:
            part.unlink(missing_ok=True)
