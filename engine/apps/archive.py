"""An app's folder that comes as a .tar.gz: unpacked where nothing else is, within limits, and read like any folder.

Only files and folders with plain relative names are taken. Everything else that an archive can hold (links,
devices, names that climb) is refused, not skipped: whoever sent it would miss it.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import tarfile
import tempfile
import zlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from engine.apps.folder import AppFolder, load_folder
from engine.errors import BadRequest, ConfigError

MAX_ARCHIVE = 64 << 20
MAX_UNPACKED = 128 << 20
MAX_MEMBERS = 10_000
_COPY = 1 << 18


@asynccontextmanager
async def unpacked(pieces: AsyncIterable[bytes], app: str) -> AsyncIterator[AppFolder]:
    """The checked app in the archive, on disk for the length of the block; BadRequest if it cannot be read.

    `app` is the name of a folder that says none itself.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-push-") as name:
        place = Path(name)
        with (place / "archive").open("wb") as file:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
        yield await asyncio.to_thread(_load, place, app)


def check_name(folder: AppFolder, app: str) -> None:
    """Pass if the folder is of this app; else ConfigError."""
    if folder.manifest.name != app:
        raise ConfigError.field("app.name", folder.manifest.name, f"{app!r}, the app that this is pushed to")


class _Bounded:
    """What is unpacked, up to the limit: headers count too, for they are read into memory."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._left = MAX_UNPACKED

    def read(self, size: int) -> bytes:
        """The next bytes; BadRequest past the limit."""
        taken = self._file.read(min(size, self._left + 1))
        self._left -= len(taken)
        if self._left < 0:
            raise _too_much()
        return taken


def _open(file: gzip.GzipFile) -> tarfile.TarFile:
    # A stream of tarfile is only ever read.
    return tarfile.open(fileobj=cast(io.BytesIO, _Bounded(file)), mode="r|")


def _too_much() -> BadRequest:
    return BadRequest(f"the archive has more than {MAX_MEMBERS} files or {MAX_UNPACKED} bytes")


def _load(place: Path, app: str) -> AppFolder:
    target = place / "app"
    target.mkdir()
    try:
        with gzip.open(place / "archive") as file, _open(file) as archive:
            _extract(archive, target)
    except (tarfile.TarError, EOFError, OSError, zlib.error, UnicodeError) as error:
        raise BadRequest(f"the body is not a .tar.gz that can be read: {error}") from error
    return load_folder(target, name=app)


def _extract(archive: tarfile.TarFile, target: Path) -> None:
    for count, member in enumerate(archive, start=1):
        if count > MAX_MEMBERS:
            raise _too_much()
        path = target / _checked(member)
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        source = archive.extractfile(member)
        assert source is not None, "it is a file"
        with source, path.open("wb") as file:
            _copy(source, file)


def _checked(member: tarfile.TarInfo) -> PurePosixPath:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\0" in member.name or not (member.isfile() or member.isdir()):
        raise BadRequest.field("archive", member.name, "files and folders below the app's folder, no links")
    return path


def _copy(source: IO[bytes], file: IO[bytes]) -> None:
    while chunk := source.read(_COPY):
        file.write(chunk)
