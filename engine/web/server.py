"""Runs an application on a port until it is told to stop; then streams end, and their readers come back elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from engine.db import cancellation
from engine.errors import ConfigError

_BACKLOG = 2048
_ALLOWED = "an address of this machine and a port that is free there, or 0 for any"


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the command that runs it has its own."""

    def __init__(self, config: uvicorn.Config, ready: asyncio.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """An ASGI application on a socket. `run` lasts until `stop`; `ready` is set when the first request is taken.

    `closing` ends what has no end of its own, before open requests are waited for. `names` are the settings of the
    address, for the ConfigError where it cannot be had.
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        names: str,
        grace_s: int = 1,
        closing: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._closing = closing
        self._socket = _listen(host, port, names)
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            backlog=_BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=max(1, grace_s),
            h11_max_incomplete_event_size=64 * 1024,
        )
        self.ready = asyncio.Event()
        self._server = _Server(config, self.ready)
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def fit(self) -> bool:
        """Whether it takes requests."""
        return self.ready.is_set() and not self._stopping.is_set()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Runs while the block lasts, which begins with the first request that can be taken; raises why it cannot."""
        running, waiting = asyncio.create_task(self.run()), asyncio.create_task(self.ready.wait())
        try:
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not self.ready.is_set():
                await running
            yield
        finally:
            self.stop()
            await cancellation.end(waiting)
            await asyncio.wait({running})
            self.close()

    async def run(self) -> None:
        """Serves until `stop` is called and what was under way is answered, within the grace time."""
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        # Streams first: uvicorn waits for every connection, and a stream has no end of its own.
        if self._closing is not None:
            await self._closing()
        self._server.should_exit = True
        await cancellation.end(stopping)
        await serving

    def close(self) -> None:
        """Gives the port back, served or not."""
        self._socket.close()

    def stop(self) -> None:
        """Ends `run`; may be called from a signal handler, and more than once."""
        self._stopping.set()


def _listen(host: str, port: int, names: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Two may be bound to one port, only one listens there: who comes second must hear of it now.
        listener.listen(_BACKLOG)
    except (OSError, TypeError) as error:
        listener.close()
        raise _refused(f"{host}:{port}", error, names) from error
    return listener


def _refused(address: str, error: OSError | TypeError, names: str) -> ConfigError:
    reason = error.strerror if isinstance(error, OSError) else error
    return ConfigError(
        f"{names}: cannot listen on {address}: {reason}; expected {_ALLOWED}",
        additional_info={"field": names, "value": address, "allowed": _ALLOWED},
    )


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    try:
        _listen(host, port, "").close()
    except ConfigError:
        return False
    return True
