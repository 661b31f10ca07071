"""An HTTP server of the tests: it answers what its paths say, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.patience import patience

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked; headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class WebServer:
    """Where the server is, and what it was asked so far; /held answers as /echo once it is released."""

    host: str = ""
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def authority(self) -> str:
        """Host and port, as an entry of a list of hosts."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def open_web_server(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[WebServer]:
    """A server on a free port of 127.0.0.1."""
    known = WebServer()
    server = await asyncio.start_server(lambda reader, writer: _serve(known, reader, writer), "127.0.0.1", 0, ssl=tls)
    known.port = server.sockets[0].getsockname()[1]
    known.host = known.authority
    yield known
    server.close()


async def _serve(known: WebServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(method, target, headers, body)
        known.requests.append(request)
        await _answer(known, request, writer)
    writer.close()


async def _answer(known: WebServer, request: Request, writer: asyncio.StreamWriter) -> None:
    path, query = urlsplit(request.target).path, parse_qs(urlsplit(request.target).query)
    if path == "/held":
        await known.released.wait()
        path = "/echo"
    if path == "/slow":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        async with patience("the client to give up"):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
    if path == "/endless":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
    status, headers, content = _content(request, path, query)
    lines = [f"HTTP/1.1 {status} Test", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + (b"" if request.method == "HEAD" else content))
    await writer.drain()


def _content(request: Request, path: str, query: dict[str, list[str]]) -> Answer:
    match path:
        case "/json":
            return 200, {"Content-Type": "application/json"}, b'{"hello": "world"}'
        case "/echo":
            seen: dict[str, Any] = {"method": request.method, "target": request.target, "headers": request.headers}
            with suppress(ValueError):
                seen["json"] = json.loads(request.body)
            seen["text"] = request.body.decode("utf-8", "replace")
            return 200, {"Content-Type": "application/json", "Set-Cookie": "a=b"}, json.dumps(seen).encode()
        case "/redirect":
            return int(query.get("status", ["302"])[0]), {"Location": query["to"][0]}, b""
        case "/bytes":
            return 200, {"Content-Type": "application/octet-stream"}, bytes(range(256))
        case "/bomb":
            return 200, {"Content-Encoding": "gzip"}, gzip.compress(b"\0" * 64_000_000)
        case "/gzip":
            return 200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"packed": true}')
    return 404, {"Content-Type": "application/json"}, b'{"message": "Not Found"}'
