"""Files, users and versions over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.web.shapes import to_text
from tests.patience import patience
from tests.web.conftest import CRM, Api, Caller

FILES = "/apps/crm/files"
CONTENT = bytes(range(256)) * 2500


async def test_a_file_comes_back_with_a_token_and_not_without(api: Api, ann: Caller) -> None:
    """Streamed up in pieces and down again, byte by byte; as an attachment of its own type."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(CONTENT), 100_003):
            yield CONTENT[start : start + 100_003]

    params = {"name": "data/ä b.csv"}
    file = await ann("POST", FILES, 201, params=params, content=pieces(), headers={"Content-Type": "text/csv"})
    assert (file["size"], file["sha256"]) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    response = await ann.send("GET", file["fileLink"])
    assert response.content == CONTENT
    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A4%20b.csv"
    assert (await api.http.get(file["fileLink"])).status_code == 401
    assert await ann("GET", f"{file['fileLink']}/info") == file
    await ann("DELETE", file["fileLink"], 204)
    await ann("GET", file["fileLink"], 404)


async def test_lists_of_files(api: Api, ann: Caller) -> None:
    """Newest first, by name, in pages; what has expired is gone."""
    soon = to_text(datetime.now(UTC) + timedelta(hours=1))
    made = [await ann("POST", FILES, 201, params={"name": f"{n}", "expires": soon}, content=b"x") for n in range(3)]
    page = await ann("GET", FILES, params={"_size": 2})
    assert page["items"] == [made[2], made[1]]
    assert (await ann("GET", FILES, params={"_cursor": page["next"]}))["items"] == [made[0]]
    assert (await ann("GET", FILES, params={"name": "1"}))["items"] == [made[1]]
    await api.pool.execute("update headrace.files set expires_at = now() where name = '1'")
    await ann("GET", made[1]["fileLink"], 404)
    assert (await ann("POST", FILES, 400, params={"name": "x", "expires": "2020-01-01T00:00:00Z"}, content=b""))[
        "additionalInfo"
    ]["field"] == "expires"


async def test_an_upload_that_is_too_large_or_breaks_off_leaves_nothing(api: Api, ann: Caller) -> None:
    """Neither a file nor a byte stays, announced or not."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 65_536

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        raise ConnectionError("the sender breaks off")

    for content in (b"x" * (1 << 21), endless()):
        error = await ann("POST", FILES, 413, params={"name": "big"}, content=content)
        assert error["code"] == "badRequest"
    with pytest.raises((ConnectionError, httpx.TransportError)):
        await ann("POST", FILES, params={"name": "half"}, content=broken())
    # The server may notice the end of a broken upload long after its client did.
    left = "select from headrace.files union all select from pg_largeobject_metadata"
    async with patience("the end of the broken upload"):
        while await api.pool.fetch(left):  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.05)


async def test_users(api: Api, ann: Caller) -> None:
    """Users of the app by id, in pages."""
    page = await ann("GET", "/apps/crm/users", params={"_size": 1})
    assert page["items"] == [{"id": "ann", "name": "Ann Smith", "email": "ann@example.org", "groups": []}]
    assert [
        user["id"] for user in (await ann("GET", "/apps/crm/users", params={"_cursor": page["next"]}))["items"]
    ] == ["bob"]
    assert (await ann("GET", "/apps/crm/users/bob"))["email"] is None


def packed(change: Any = None) -> bytes:
    """The example app as an archive; `change` alters it before it is closed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(CRM, ".", filter=lambda item: None if "data" in Path(item.name).parts else item)
        if change is not None:
            change(archive)
    return buffer.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes = b"", **fields: Any) -> None:
    item = tarfile.TarInfo(name)
    item.size = len(content)
    for field, value in fields.items():
        setattr(item, field, value)
    archive.addfile(item, io.BytesIO(content))


async def test_an_archive_becomes_a_version(api: Api, ann: Caller) -> None:
    """Pushed once it is the next version, pushed again it is the same; the app shows it and who pushed it."""

    def change(archive: tarfile.TarFile) -> None:
        add(archive, "./data/companies.csv", b"name\nAcme\n")

    first = await ann("POST", "/apps/crm/versions", 201, content=packed(change))
    assert (first["version"], first["changed"], first["files"]) == (2, True, 1)
    again = await ann("POST", "/apps/crm/versions", 201, content=packed(change))
    assert (again["version"], again["changed"]) == (2, False)
    shown = await ann("GET", "/apps/crm")
    entities = [entity["name"] for entity in shown["manifest"]["entities"]]
    assert (shown["version"], shown["pushedBy"], "companies" in entities) == (2, "ann", True)


@pytest.mark.parametrize(
    "change",
    [
        lambda archive: add(archive, "../evil.js", b"1"),
        lambda archive: add(archive, "/tmp/evil.js", b"1"),
        lambda archive: add(archive, "lib/link.js", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        lambda archive: add(archive, "lib/hard.js", type=tarfile.LNKTYPE, linkname="app.toml"),
        lambda archive: add(archive, "lib/fifo.js", type=tarfile.FIFOTYPE),
        lambda archive: add(archive, "lib/broken.js", b"does not compile"),
        lambda archive: add(archive, "app.toml", b'[app]\nname = "other"\nlabel = "x"\n'),
        lambda archive: add(archive, "lib/bomb.js", b"x" * ((128 << 20) + 1)),
    ],
    ids=["climbs", "absolute", "symlink", "hard link", "pipe", "broken script", "another app", "bomb"],
)
async def test_an_archive_that_is_wrong_changes_nothing(api: Api, ann: Caller, change: Any) -> None:
    """Whatever is wrong with it is said, and the version stays."""
    error = await ann("POST", "/apps/crm/versions", 400, content=packed(change))
    assert error["code"] == "badRequest"
    assert (await ann("GET", "/apps"))["items"][0]["version"] == 1


async def test_what_is_no_archive_is_refused(api: Api, ann: Caller) -> None:
    """Bytes, half an archive, nothing: the caller's error."""
    for content in (b"", b"hello", packed()[:500]):
        assert (await ann("POST", "/apps/crm/versions", 400, content=content))["code"] == "badRequest"
