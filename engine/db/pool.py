"""The one pool of connections, and the translation of the driver's errors into ours."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import asyncpg

from engine.db import chore
from engine.errors import ConfigError, DatabaseError, DatabaseUnavailable, LostRace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
else:
    # asyncpg's classes take no parameters at run time.
    Connection = Any

T = TypeVar("T")

_GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    # The driver lost the thread of the protocol, as it does when a connection breaks in the middle of an answer.
    asyncpg.InternalClientError,
)
_LOST = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
# Losers that begin again at once meet the same others again: in all they wait for about a second.
_TRIES = 12
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.002, 0.25


def _refuse(value: object) -> object:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# One encoder, in C: json.dumps makes a new one for each value, and so does JSONEncoder.encode, which took 1 us of 1.3.
_chunks = json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # typeshed leaves it out
    None, _refuse, json.encoder.encode_basestring, None, ":", ",", False, False, True
)


def encode(value: object) -> str:
    """JSON as PostgreSQL reads it, without spaces."""
    try:
        return "".join(_chunks(value, 0))
    except RecursionError:
        raise ValueError("JSON cannot be nested so deeply, or in itself") from None


# typeshed leaves it out
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def _decode_jsonb(text: str) -> Any:
    """What PostgreSQL wrote, which has no space around it: half the time of json.loads, which looks for some."""
    return _scan(text, 0)[0]


class Json(str):
    """A value for jsonb that is text already: who sends much may encode it before it has the connection."""

    __slots__ = ()


def _encode_jsonb(value: object) -> str:
    return value if type(value) is Json else encode(value)


async def _prepare(conn: asyncpg.Connection[asyncpg.Record]) -> None:
    for name, decode in (("jsonb", _decode_jsonb), ("json", json.loads)):
        await conn.set_type_codec(name, schema="pg_catalog", encoder=_encode_jsonb, decoder=decode)


async def _connect(dsn: str, **options: Any) -> asyncpg.Connection[asyncpg.Record]:
    """A connection outside of any pool, prepared like those of ours."""
    conn = await asyncpg.connect(dsn, **options)
    try:
        await _prepare(conn)
    except BaseException:
        conn.terminate()
        raise
    return conn


class _Forgetful(asyncpg.Connection):  # type: ignore[misc]  # typed as any
    """A connection that has PostgreSQL parse and plan each statement at each call."""

    __slots__ = ()
    keeps_statements = False


def keeps_statements(conn: Connection) -> bool:
    """Whether a statement is planned once on this connection, however often it is called."""
    return getattr(conn, "keeps_statements", True)


async def _leave(_: asyncpg.Connection[asyncpg.Record]) -> None:
    """Nothing: the pool itself rolls back what is open, and our sessions keep no settings, cursors or locks.

    The driver's reset is a statement more each time that a connection is given back.
    """


# What the driver raises, of the server's making and of its own.
_DRIVERS = (asyncpg.PostgresError, *_GONE)


@contextmanager
def translated() -> Iterator[None]:
    """Inside, the driver's errors become DatabaseUnavailable (the connection) or DatabaseError (the statement)."""
    try:
        yield
    except _DRIVERS as error:
        raise _translation(error) from error


def _translation(error: BaseException) -> DatabaseUnavailable | DatabaseError:
    if isinstance(error, asyncpg.PostgresError):
        if isinstance(error, _GONE):
            return DatabaseUnavailable(f"PostgreSQL ended the connection: {error}")
        kind = LostRace if isinstance(error, _LOST) else DatabaseError
        return kind(f"PostgreSQL refused a statement: {error}", additional_info={"sqlstate": error.sqlstate})
    if isinstance(error, ValueError):
        # The driver's own DataError: a value that it cannot send, no matter of the connection.
        return DatabaseError(f"PostgreSQL cannot take a value: {error}")
    return DatabaseUnavailable(f"no connection to PostgreSQL: {error}")


async def transact(conn: Connection, work: Callable[[Connection], Awaitable[T]]) -> T:
    """The result of `work(conn)` in a transaction, tried again when it lost a race."""

    async def whole() -> T:
        async with conn.transaction():
            return await work(conn)

    return await until_it_wins(whole)


async def until_it_wins(work: Callable[[], Awaitable[T]]) -> T:
    """What the work returns, a transaction or a statement, done again after a LostRace; the twelfth one passes."""
    pauses = chore.growing(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
    for _ in range(_TRIES - 1):
        with suppress(LostRace), translated():
            return await work()
        await asyncio.sleep(next(pauses) * random.random())  # noqa: S311 - no secret
    with translated():
        return await work()


class _Acquired:
    """A connection for the length of a block. Two generators around it took 3 µs more, at each use of a connection."""

    __slots__ = ("_conn", "_pool")

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        try:
            self._conn = await self._pool.acquire()
        except _DRIVERS as error:
            raise _translation(error) from error
        return self._conn

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            await self._pool.release(self._conn)
        except _DRIVERS as failure:
            raise _translation(failure) from failure
        if isinstance(error, _DRIVERS):
            raise _translation(error) from error


class Pool:
    """Connections to one database; jsonb and json columns give and take Python values."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], dsn: str, options: Mapping[str, Any]) -> None:
        self._pool = pool
        self._options = options
        self.dsn = dsn

    @classmethod
    async def connect(
        cls,
        dsn: str,
        *,
        min_size: int = 1,
        max_size: int = 10,
        statement_cache: bool = True,
        idle_transaction_ms: int | None = None,
        timeout: float = 10.0,
    ) -> Pool:
        """A pool that has made its first connection.

        The server ends a transaction of which it has heard nothing for `idle_transaction_ms`, and frees its locks: a
        process that is frozen must not hold up the others. None is for PgBouncer, which has a setting of its own for
        that (idle_transaction_timeout) and refuses ours. `statement_cache=False` is for PgBouncer in transaction mode
        before its version 1.21.
        ConfigError if the DSN cannot be read, DatabaseUnavailable if nobody answers within `timeout` seconds.
        """
        options = {
            "connection_class": asyncpg.Connection if statement_cache else _Forgetful,
            "statement_cache_size": 256 if statement_cache else 0,
            "command_timeout": None,
            "server_settings": _server_settings(idle_transaction_ms),
        }
        try:
            pool = await asyncio.wait_for(
                asyncpg.create_pool(dsn, min_size=min_size, max_size=max_size, init=_prepare, reset=_leave, **options),
                timeout,
            )
        except (ValueError, asyncpg.exceptions.ClientConfigurationError) as error:
            raise ConfigError.field("database_url", hide_password(dsn), f"a PostgreSQL URL ({error})") from error
        except (TimeoutError, *_GONE, asyncpg.PostgresError, ssl.SSLError) as error:
            raise DatabaseUnavailable(f"cannot connect to {hide_password(dsn)}: {_reason(error, timeout)}") from error
        return cls(pool, dsn, options)

    def acquire(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for the length of the block; the driver's errors leave it translated."""
        return _Acquired(self._pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction that commits at the end of the block."""
        async with self.acquire() as conn, conn.transaction():
            yield conn

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """The result of `work(conn)` in a transaction, tried again when it lost a race."""
        async with self.acquire() as conn:
            return await transact(conn, work)

    async def run_alone(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """As `run`, for work of one statement: it is its own transaction, with a third of the round trips."""
        async with self.acquire() as conn:
            return await until_it_wins(lambda: work(conn))

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """The rows of one statement on a connection of its own."""
        async with self.acquire() as conn:
            return list(await conn.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """The first row of one statement, or None."""
        async with self.acquire() as conn:
            return await conn.fetchrow(sql, *args)

    async def execute(self, sql: str, *args: object) -> str:
        """The command tag of one statement."""
        async with self.acquire() as conn:
            return str(await conn.execute(sql, *args))

    @property
    def opened(self) -> int:
        """Connections that are open now."""
        return int(self._pool.get_size())

    @property
    def idle(self) -> int:
        """Open connections that nobody uses."""
        return int(self._pool.get_idle_size())

    @property
    def most(self) -> int:
        """Connections that it may open."""
        return int(self._pool.get_max_size())

    async def dedicated(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection like those of the pool, but outside of it, for LISTEN; the caller closes it."""
        with translated():
            return await _connect(self.dsn, **self._options)

    async def login(self, role: str, password: str, *, statement_ms: int) -> asyncpg.Connection[asyncpg.Record]:
        """A connection of another role, which sees the views, and whose statements end after this time."""
        settings = {"statement_timeout": str(statement_ms), "search_path": "headrace_views"}
        return await _connect(self.dsn, user=role, password=password, server_settings=settings)

    async def close(self) -> None:
        """Give every connection back; those still busy after 5 s are cut."""
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()


def _reason(error: Exception, timeout: float) -> str:
    match error:
        case TimeoutError():
            return f"no answer within {timeout:g} s"
        case OSError(strerror=str(text)):
            return text
    return str(error) or type(error).__name__


def _server_settings(idle_transaction_ms: int | None) -> dict[str, str]:
    return {} if idle_transaction_ms is None else {"idle_in_transaction_session_timeout": str(idle_transaction_ms)}


def hide_password(dsn: str) -> str:
    """The address with asterisks for its password, to be shown."""
    try:
        password = urlsplit(dsn).password
    except ValueError:
        return "the given DSN"
    return dsn.replace(password, "***") if password else dsn
