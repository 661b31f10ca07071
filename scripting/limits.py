"""The limits and the layers that a child puts around itself, and the proof that they hold.

`Lock` works in three steps. `ahead()` needs nothing of the session, so warm children have it behind them;
`limit()` sets the session's limits and `seal()` the seccomp filter, before any of the app's code is there.
The order matters: changing the uid clears the parent-death signal and the dumpable flag, Landlock needs a
descriptor, and the filter comes last because it forbids all the others.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripting import landlock, seccomp

SOCKET_FD = 3
_LIBC = ctypes.CDLL(None, use_errno=True)
# Calls through PyDLL keep the interpreter's lock, which the child of a fork has to have.
_PYTHON = ctypes.PyDLL(None, use_errno=True)
_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_GET_PDEATHSIG = 1, 2
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS = 38, 39
_NOBODY = 65534
# Far above the ranges of people, of systemd and of user namespaces; a uid for each child keeps one
# from signalling another.
_FIRST_UID, _UIDS = 0x48520000, 0x10000
_FIXED = {
    resource.RLIMIT_STACK: 16 * 1024 * 1024,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 0,
    resource.RLIMIT_NPROC: 0,
}


@dataclass(frozen=True, slots=True)
class Lock:
    """What the zygote prepares once, so that each child only applies it."""

    landlock_abi: int
    filter_program: bytes | None
    base_bytes: int
    base_data_bytes: int
    unsafe: bool

    @classmethod
    def prepare(cls, *, unsafe: bool) -> Lock:
        """Looks at this machine and at this process, whose memory each child begins with."""
        program = _filter_program()
        total, data = _memory_bytes()
        return cls(landlock.abi() if _LINUX else 0, program, total, data, unsafe)

    def ahead(self, *, parent: int) -> None:
        """Everything but the session's limits and the filter. Ends the process if `parent` is gone."""
        _drop_uid()
        if _LINUX:
            die_with_parent(parent)
            _prctl(_PR_SET_NO_NEW_PRIVS, 1)
            _prctl(_PR_SET_DUMPABLE, 0)
        landlock.restrict(self.landlock_abi)

    def limit(self, *, name: str, memory_bytes: int, cpu_ms: int) -> None:
        """The session's limits: on top of what the process already has of memory and CPU."""
        if _LINUX:
            _prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))
        for limit, value in _FIXED.items():
            _lower(limit, value)
        _lower(resource.RLIMIT_AS, self.base_bytes + memory_bytes)
        _lower(resource.RLIMIT_DATA, self.base_data_bytes + memory_bytes)
        _limit_cpu(cpu_ms)

    def seal(self) -> None:
        """The filter. From here on the process can only talk to its host, or die. SeccompUnavailable unless unsafe."""
        try:
            seccomp.install(self.filter_program)
        except seccomp.SeccompUnavailable:
            if not self.unsafe:
                raise


def die_with_parent(parent: int) -> None:
    """SIGKILL for this process when the thread that started it ends; exits if that has happened already."""
    if _LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def die_first() -> None:
    """Where the machine runs out of memory, scripts go before their worker; best effort, and children inherit it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def fork() -> int:
    """os.fork without its care for threads and hooks: only for a process that never had a second thread.

    Measured in the zygote: os.fork with its hooks makes a child copy 210 pages more, 0.6 ms of the 1.3 ms that
    fork and exit take. OSError as from os.fork.
    """
    if not _LINUX:
        return os.fork()
    pid = int(_PYTHON.fork())
    if pid < 0:
        raise OSError(ctypes.get_errno(), "fork")
    return pid


def keep_only(descriptor: int) -> None:
    """Moves `descriptor` to SOCKET_FD and closes every other one."""
    os.dup2(descriptor, SOCKET_FD)
    os.closerange(0, SOCKET_FD)
    os.closerange(SOCKET_FD + 1, 2**31 - 1 if _LINUX else 65536)


def held(parent: int) -> dict[str, bool]:
    """Which layers `ahead()` has brought about, asked of the kernel and not of our memory."""
    tests: dict[str, Callable[[], bool]] = {
        "parent_death": lambda: _parent_death_signal() == signal.SIGKILL and os.getppid() == parent,
        "no_new_privileges": lambda: _prctl(_PR_GET_NO_NEW_PRIVS) == 1,
        "not_dumpable": lambda: _prctl(_PR_GET_DUMPABLE) == 0,
        "unprivileged": _is_unprivileged,
        "descriptors": _has_only_the_socket,
        "landlock": _cannot_list_the_root,
    }
    return {name: _safely(test) for name, test in tests.items()}


def limited() -> bool:
    """Whether `limit()` has brought about the limits, asked of the kernel."""
    return (
        all(resource.getrlimit(limit)[1] <= value for limit, value in _FIXED.items())
        and resource.getrlimit(resource.RLIMIT_AS)[1] != resource.RLIM_INFINITY
        and resource.getrlimit(resource.RLIMIT_DATA)[1] != resource.RLIM_INFINITY
        and signal.getitimer(signal.ITIMER_PROF)[0] > 0
    )


def _safely(test: Callable[[], bool]) -> bool:
    try:
        return test()
    except (OSError, AttributeError):
        return False


def _filter_program() -> bytes | None:
    try:
        return seccomp.program(seccomp.machine(), socket_fd=SOCKET_FD)
    except seccomp.SeccompUnavailable:
        return None


def _memory_bytes() -> tuple[int, int]:
    if not _LINUX:
        return 0, 0
    pages = [int(word) for word in Path("/proc/self/statm").read_text(encoding="ascii").split()]
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


def _drop_uid() -> None:
    if os.geteuid() != 0:
        return
    for uid in (_FIRST_UID + os.getpid() % _UIDS, _NOBODY):
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            return
        except (OSError, AttributeError):  # a user namespace without it, no CAP_SETUID, macOS: the report says so
            continue


def _lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(limit, (value, value))
    except (OSError, ValueError):  # macOS refuses some; the report says so
        return


def _limit_cpu(cpu_ms: int) -> None:
    # The timer counts this process's CPU in the kernel, ends it exactly and without polling: SIGPROF's
    # default action is to end the process, and the filter forbids any other. RLIMIT_CPU stands behind it.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, cpu_ms / 1000)
    seconds = cpu_ms // 1000 + 2
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or hard > seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _is_unprivileged() -> bool:
    if os.geteuid() == 0:
        return False
    try:
        os.setuid(0)
    except PermissionError:
        return True
    return False


def _has_only_the_socket() -> bool:
    return [number for number in range(4096) if _is_open(number)] == [SOCKET_FD]


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _cannot_list_the_root() -> bool:
    # Everybody may list it, so only Landlock can be the one who refuses.
    try:
        next(Path("/").iterdir())
    except PermissionError:
        return True
    return False


def _parent_death_signal() -> int:
    value = ctypes.c_int(0)
    _prctl(_PR_GET_PDEATHSIG, ctypes.byref(value))
    return value.value


def _prctl(option: int, argument: object = 0) -> int:
    result = int(_LIBC.prctl(option, argument, 0, 0, 0))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
    return result
