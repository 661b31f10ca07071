"""The unprivileged account of PostgreSQL, which refuses to run as root. Standard library only."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import ConfigError

# PostgreSQL reads no more of the caller's environment: PGDATA, PGPORT, PGOPTIONS and the like would bend it.
_PASSED_ON = ("PATH", "TZ", "TMPDIR")


class Account(NamedTuple):
    """Whom PostgreSQL's processes run as; `drop` says that they have to change to it."""

    uid: int
    gid: int
    name: str
    drop: bool

    def popen(self) -> dict[str, Any]:
        """Arguments of Popen that every process of PostgreSQL gets."""
        env = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | {"LC_MESSAGES": "C"}
        own: dict[str, Any] = {"env": env, "stdin": subprocess.DEVNULL, "umask": 0o077}
        return own | ({"user": self.uid, "group": self.gid, "extra_groups": []} if self.drop else {})

    def run(self, args: Sequence[str | Path], **more: Any) -> subprocess.CompletedProcess[str]:
        """The ended process; ConfigError if this account cannot execute it."""
        try:
            return subprocess.run(
                args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                **self.popen(), **more,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            raise ConfigError(f"the account {self.name} cannot run {args[0]}: {error}") from error

    def obstacle(self, path: Path) -> Path | None:
        """The first folder on the way to `path`, itself included if it is one, that this account cannot enter."""
        if not self.drop:
            return None
        return next((p for p in reversed([path, *path.parents]) if p.is_dir() and not self._enters(p)), None)

    def _enters(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def account_for(cluster: Path) -> Account:
    """This process's own account; as root the cluster's owner or, for a new cluster, `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), _name(os.geteuid()), drop=False)
    owner = cluster.stat().st_uid if cluster.exists() else 0
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        return Account(owner or 65534, 65534, f"uid {owner or 65534}", drop=True)
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, drop=True)


def require_reachable(account: Account, folder: Path) -> None:
    """ConfigError with the ways out if the account cannot enter `folder`. Permissions are the user's: none changes."""
    blocked = account.obstacle(folder)
    if blocked is not None:
        mode = stat.S_IMODE(blocked.stat().st_mode)
        raise ConfigError(
            f"PostgreSQL does not run as root, and the account {account.name}, which it uses instead, cannot reach the "
            f"data folder {folder}: {blocked} is closed to it (mode {mode:04o}). Choose a data folder elsewhere, for "
            f"example under /var/lib, or run as an ordinary user, or open the folder yourself: chmod o+x {blocked}",
            additional_info={"folder": str(folder), "blocked": str(blocked)},
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
