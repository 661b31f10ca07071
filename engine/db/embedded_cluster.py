"""PostgreSQL's own data folder: made whole or not at all, of one major version, with a believable pid file.

Every function here runs in the supervisor while it holds server.lock: no server that Headrace started is alive.
Standard library only.
"""

from __future__ import annotations

import contextlib
import locale
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from engine.db.embedded_account import Account
from engine.db.embedded_home import PORT, SOCKET, USER, Home, Lock
from engine.errors import ConfigError

_BUILTIN_LOCALES = 17
_CLUSTER_ASIDE = "cluster.new-"


def require_version(home: Home, binaries: Path, major: int) -> None:
    """ConfigError with the ways out if another major version made the cluster, or something else is in its place."""
    if not home.cluster.exists():
        return
    try:
        made_by = (home.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{home.cluster} is not a PostgreSQL data folder: {error}; move it away") from error
    if made_by != str(major):
        raise ConfigError(
            f"the data folder {home.root} was made by PostgreSQL {made_by}, but {binaries} is PostgreSQL {major}. "
            f"Set HEADRACE_PG_BIN to the folder with the programs of PostgreSQL {made_by}; or take the data along: "
            f"pg_dumpall with the old programs into an empty data folder with the new ones, or pg_upgrade; "
            f"or start empty: mv {home.cluster} {home.cluster}-{made_by}",
            additional_info={"folder": str(home.root), "made_by": made_by, "programs": str(major)},
        )


def create(home: Home, binaries: Path, major: int, account: Account, server: Lock, *, sync: bool) -> None:
    """Make the cluster if there is none. A folder under its final name is always complete.

    initdb inherits server.lock, so that nobody starts while the child of a killed supervisor still writes.
    """
    for rest in home.root.glob(f"{_CLUSTER_ASIDE}*"):
        shutil.rmtree(rest)
    if home.cluster.exists():
        return
    aside = Path(tempfile.mkdtemp(prefix=_CLUSTER_ASIDE, dir=home.root))
    _give(aside, account)
    ended = account.run(_initdb(binaries, major, aside, sync=sync), pass_fds=[server.fileno()])
    if ended.returncode:
        shutil.rmtree(aside)
        raise ConfigError(f"initdb could not make {home.cluster}:\n{ended.stdout.strip()}")
    aside.rename(home.cluster)
    if sync:
        _sync(home.root)


def _initdb(binaries: Path, major: int, folder: Path, *, sync: bool) -> list[str | Path]:
    """Text orders by code point and knows upper and lower case of all of Unicode, where the platform can."""
    words: list[str | Path] = [binaries / "initdb", "-D", folder, "-U", USER, "-A", "trust", "--no-instructions"]
    words += ["--data-checksums", "--encoding=UTF8", "--locale=C"]
    if major >= _BUILTIN_LOCALES:
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    elif _has_locale("C.UTF-8"):
        words += ["--lc-ctype=C.UTF-8"]
    return words if sync else [*words, "--no-sync"]


def _has_locale(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True


def disarm_pid_file(home: Home) -> None:
    """Make PostgreSQL see that a left-over postmaster.pid is stale, whatever process has its number by now.

    PostgreSQL refuses to start while any process of its account has that number. It accepts the number of its own
    parent, so that is written over it; the line with the shared memory block stays, and PostgreSQL still refuses
    if a server is attached to that. ConfigError if a server that Headrace did not start runs on the cluster.
    """
    path = home.cluster / "postmaster.pid"
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with os.fdopen(file, "r+b") as stream:
        first, *rest = stream.read().split(b"\n") if stat.S_ISREG(os.fstat(file).st_mode) else [b""]
        if first.strip().isdigit() and rest:
            _refuse_foreign(int(first), home)
            stream.seek(0)
            stream.truncate()
            stream.write(b"\n".join([str(os.getpid()).encode(), *rest]))
        else:
            path.unlink()


def _refuse_foreign(pid: int, home: Home) -> None:
    if serves(pid, home.cluster):
        raise ConfigError(
            f"a PostgreSQL that Headrace did not start, process {pid}, runs on {home.cluster}: stop it first, "
            f"pg_ctl -D {home.cluster} stop"
        )


def serves(pid: int, cluster: Path) -> bool:
    """Whether this process is a PostgreSQL on this cluster: PostgreSQL works inside its data folder."""
    if Path("/proc/self/cwd").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cwd").samefile(cluster)
        return False
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    return "postgres" in shown.stdout and str(cluster) in shown.stdout


def make_socket_folder(home: Home, account: Account) -> Path:
    """A folder for the socket that only the account (and root) can enter, without a stale socket."""
    remove_socket_folder(home)
    if home.fits():
        folder = home.near
        folder.mkdir(0o700)
    else:
        folder = Path(tempfile.mkdtemp(prefix="headrace-"))
        home.near.symlink_to(folder)
    _give(folder, account)
    if account.obstacle(folder):
        raise ConfigError(f"the account {account.name} cannot reach {folder}: set TMPDIR to a folder open to all")
    return folder


def remove_socket_folder(home: Home) -> None:
    """Forget the socket; only names that PostgreSQL gives are ever removed."""
    folder = home.socket_folder()
    if folder.is_dir() and not folder.is_symlink():
        for name in (SOCKET, f"{SOCKET}.lock"):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
    if home.near.is_symlink():
        home.near.unlink()


def arguments(folder: Path, extra: dict[str, str]) -> list[str]:
    """PostgreSQL's arguments: a Unix socket and nothing else, whatever the file postgresql.conf says."""
    fixed = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "logging_collector": "off",
        "cluster_name": "headrace",
    }
    return [word for name, value in (extra | fixed).items() for word in ("-c", f"{name}={value}")]


def _give(folder: Path, account: Account) -> None:
    if account.drop:
        os.chown(folder, account.uid, account.gid)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
