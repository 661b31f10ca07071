"""Who keeps the server alive, who ends it, and what no death of a process can spoil."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from engine.db import embedded_cluster
from engine.db.embedded_home import Home
from engine.db.embedded_probe import Answer, probe
from engine.errors import ConfigError
from tests import embedded


def plant_pid_file(home: Home, content: bytes) -> None:
    """A postmaster.pid as if PostgreSQL's account had left it."""
    path = home.cluster / "postmaster.pid"
    path.write_bytes(content)
    owner = home.cluster.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


async def test_the_server_ends_after_sigkill_of_its_only_client(home: Home) -> None:
    """A client that cannot say goodbye still gives its share back, and the server stops cleanly."""
    async with embedded.client(home) as (process, dsn):
        assert await embedded.ask(dsn, "select 1") == 1
        process.kill()
        await embedded.stopped(home)
    assert not (home.cluster / "postmaster.pid").exists()
    assert not home.near.exists()


async def test_the_server_outlives_sigkill_of_the_client_that_started_it(home: Home) -> None:
    """The server belongs to no client: the others go on undisturbed."""
    async with embedded.client(home) as (process, dsn), embedded.share(home) as second:
        since = await embedded.born(dsn)
        process.kill()
        await process.wait()
        assert await embedded.born(second.dsn) == since


async def test_clients_that_start_at_once_share_one_server(open_folder: Path) -> None:
    """Three cold starts on one new folder, two of them in other processes, make one cluster and one server."""
    home = Home(open_folder / "crowd")
    async with embedded.client(home) as (_, one), embedded.client(home) as (_, two):
        server = await embedded.acquire(home)
        assert len({await embedded.born(dsn) for dsn in (one, two, server.dsn)}) == 1
        server.release()
    await embedded.stopped(home)


async def test_many_starts_at_once_share_one_server(home: Home) -> None:
    """Eight clients of a stopped folder, all at the same moment, end up with the same living server."""
    servers = await asyncio.gather(*(embedded.acquire(home) for _ in range(8)))
    assert len({await embedded.born(server.dsn) for server in servers}) == 1
    for server in servers:
        server.release()


async def test_a_client_that_comes_while_the_server_stops_gets_a_living_one(home: Home) -> None:
    """Release and acquire back to back, with all timings that come of it: never a server about to stop."""
    for pause in (0, 0.002, 0.01, 0.02, 0.04):
        server = await embedded.acquire(home)
        server.release()
        await asyncio.sleep(pause)
        async with asyncio.timeout(embedded.PATIENCE):
            again = await embedded.acquire(home)
        assert await embedded.ask(again.dsn, "select count(pg_backend_pid())") == 1
        again.release()


async def test_a_server_without_its_supervisor_is_adopted_and_ends_with_its_clients(home: Home) -> None:
    """After SIGKILL of the supervisor the server serves on; the next client brings a new supervisor for it."""
    first = await embedded.acquire(home)
    since = await embedded.born(first.dsn)
    os.kill(embedded.supervisor_pid(home), signal.SIGKILL)
    await embedded.granted(home.supervisor())
    assert await embedded.born(first.dsn) == since
    first.release()
    async with embedded.share(home) as second:
        assert await embedded.born(second.dsn) == since
        assert home.supervised()
    assert not (home.cluster / "postmaster.pid").exists()


async def test_sigkill_of_supervisor_and_server_leaves_a_folder_that_starts(home: Home) -> None:
    """Whatever was left, the next client gets a recovered server with what was committed."""
    server = await embedded.acquire(home, settings={"fsync": "on", "synchronous_commit": "on"})
    await embedded.ask(server.dsn, "create table kept as select 7 as n")
    for pid in (embedded.supervisor_pid(home), embedded.postmaster_pid(home)):
        os.kill(pid, signal.SIGKILL)
    server.release()
    await embedded.stopped(home)
    async with embedded.share(home) as again:
        assert await embedded.ask(again.dsn, "select n from kept") == 7


async def test_a_server_that_dies_under_its_clients_comes_back(home: Home) -> None:
    """The supervisor starts it again on the same address."""
    async with embedded.share(home) as server:
        before = embedded.postmaster_pid(home)
        os.kill(before, signal.SIGKILL)

        def back() -> bool:
            found = probe(server.socket_dir)
            return found.answer is Answer.READY and found.pid != before

        await embedded.until(back)
        assert await embedded.ask(server.dsn, "select 1") == 1


async def test_sigterm_ends_supervisor_and_server(home: Home) -> None:
    """Whoever shuts the machine down is obeyed, clients or not, and the next client starts anew."""
    server = await embedded.acquire(home)
    os.kill(embedded.supervisor_pid(home), signal.SIGTERM)
    await embedded.stopped(home)
    assert probe(server.socket_dir).answer is Answer.SILENT
    server.release()
    async with embedded.share(home) as again:
        assert await embedded.ask(again.dsn, "select 1") == 1


async def test_sigterm_while_the_server_starts_leaves_no_server_behind(home: Home) -> None:
    """A supervisor that is told to end before it has a server to end does so as soon as it has."""
    starting = asyncio.create_task(embedded.acquire(home))
    await embedded.until(lambda: embedded.supervisor_noted(home))
    os.kill(embedded.supervisor_pid(home), signal.SIGTERM)
    server = await starting
    await embedded.stopped(home)
    assert not (home.cluster / "postmaster.pid").exists()
    server.release()


async def test_a_pid_file_that_names_an_unrelated_process_stops_neither_start_nor_process(home: Home) -> None:
    """Numbers of processes are used again: the stranger of the same account lives on, and so does the server."""
    stranger = embedded.spawn(embedded.account(home), "sleep", "300")
    try:
        plant_pid_file(home, f"{stranger.pid}\n{home.cluster}\n1700000000\n5432\n/nowhere\n\n".encode())
        async with embedded.share(home) as server:
            assert await embedded.ask(server.dsn, "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", [b"", b"\0garbage\xff", b"99999999999999999999999\nx\n", b"1\n/\n"])
async def test_a_broken_pid_file_does_not_stop_the_start(home: Home, content: bytes) -> None:
    """A crash may leave anything in the file."""
    plant_pid_file(home, content)
    async with embedded.share(home) as server:
        assert await embedded.ask(server.dsn, "select 1") == 1


async def test_a_server_that_somebody_else_started_is_neither_used_nor_stopped(home: Home) -> None:
    """The error names its process; two servers on one data folder would destroy it."""
    who, lock = embedded.account(home), home.server()
    sockets = embedded_cluster.make_socket_folder(home, who)
    words = [embedded.programs() / "postgres", "-D", home.cluster, *embedded_cluster.arguments(sockets, {})]
    foreign = embedded.spawn(who, *words)
    try:
        await embedded.until(lambda: probe(sockets).answer is Answer.READY)
        with pytest.raises(ConfigError, match=rf"did not start, process {foreign.pid},"):
            await embedded.acquire(home)
        assert foreign.poll() is None
        assert probe(sockets).answer is Answer.READY
    finally:
        lock.drop()
        foreign.send_signal(signal.SIGINT)
        foreign.wait()
