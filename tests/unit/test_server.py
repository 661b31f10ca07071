"""The HTTP server of a process: the address that it takes, and a start that fails."""

from __future__ import annotations

import asyncio
import socket

import pytest
from starlette.applications import Starlette

from engine.errors import ConfigError
from engine.web import server
from engine.web.server import Server

LIMIT_S = 60


def _server(host: str = "127.0.0.1", port: int = 0) -> Server:
    return Server(Starlette(), host, port, names="api_host, api_port")


def test_of_two_that_start_at_once_one_has_the_port() -> None:
    """The second hears of it before either has served, and before anything else of its process has begun."""
    first = _server()
    port = int(first.url.rpartition(":")[2])
    with pytest.raises(ConfigError) as refused:
        _server(port=port)
    first.close()
    assert refused.value.message == (
        f"api_host, api_port: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "expected an address of this machine and a port that is free there, or 0 for any"
    )


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", "Cannot assign requested address"), ("a\0b", "null character"), ("é..b", "encoding of hostname")],
)
def test_an_address_that_is_not_here_is_refused(host: str, reason: str) -> None:
    """The error has the settings, the address and why."""
    with pytest.raises(ConfigError, match="api_host, api_port: cannot listen on") as refused:
        _server(host)
    assert reason in refused.value.message
    assert refused.value.additional_info["value"] == f"{host}:0"


async def test_a_server_that_cannot_start_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opened it hears why, and has the port back."""

    async def startup(*_: object) -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(server.uvicorn.Server, "startup", startup)
    one = _server()
    port = int(one.url.rpartition(":")[2])
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(OSError, match="too many open files"):
            async with one.serving():
                pytest.fail("it does not serve")
    socket.create_server(("127.0.0.1", port)).close()


async def test_a_cancelled_start_gives_the_port_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal may end a process while its server starts."""
    starting, go_on = asyncio.Event(), asyncio.Event()
    startup = server.uvicorn.Server.startup

    async def slow(self: server.uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        starting.set()
        await go_on.wait()
        await startup(self, sockets)

    monkeypatch.setattr(server.uvicorn.Server, "startup", slow)
    one = _server()
    port = int(one.url.rpartition(":")[2])

    async def serve() -> None:
        async with one.serving():
            pytest.fail("it does not serve")

    async with asyncio.timeout(LIMIT_S):
        task = asyncio.create_task(serve())
        await starting.wait()
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.wait({task})
    assert task.cancelled()
    socket.create_server(("127.0.0.1", port)).close()
