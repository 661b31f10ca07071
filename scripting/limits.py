"""The limits and the layers that a child puts around itself, and the proof that they hold.

`Lock` works in four steps. `bequeath()` is the zygote's: what a fork hands down is set once, before there is a
child. `ahead()` needs nothing of the session, so warm children have it behind them; `limit()` sets the session's
limits and `seal()` the seccomp filter, before any of the app's code is there. The order matters: changing the uid
clears the parent-death signal and the dumpable flag, Landlock needs no_new_privs and a descriptor of the zygote,
and the filter comes last because it forbids all the others.

A page that a child is the first to touch costs it more than most of these system calls (docs/decisions.md). So the
zygote prepares whatever can be, and a child's steps are few calls into C.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripting import landlock, seccomp

SOCKET_FD = 3
# Calls through PyDLL keep the interpreter's lock, which the child of a fork has to have.
_LIBC = ctypes.PyDLL(None)
_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_GET_PDEATHSIG = 1, 2
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS = 38, 39
_NOBODY = 65534
# Far above the ranges of people, of systemd and of user namespaces; a uid for each child keeps one
# from signalling another.
_FIRST_UID, _UIDS = 0x48520000, 0x10000
# A fork hands them down, and the zygote can live with them; the others would keep it from forking.
_BEQUEATHED = {
    resource.RLIMIT_STACK: 16 * 1024 * 1024,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
}
_OWN = {resource.RLIMIT_NOFILE: 0, resource.RLIMIT_NPROC: 0}
_CEILINGS = (*_OWN, resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_CPU)


@dataclass(frozen=True, slots=True)
class Lock:
    """What the zygote prepares once, so that each child only applies it.

    ruleset: a descriptor of the zygote. ceilings: the hard limits that the zygote itself is under.
    """

    ruleset: int | None
    filter_program: seccomp.Filter | None
    base_bytes: int
    base_data_bytes: int
    ceilings: Mapping[int, int]
    unsafe: bool

    @classmethod
    def prepare(cls, *, unsafe: bool) -> Lock:
        """Looks at this machine and at this process, whose memory each child begins with."""
        ruleset = landlock.ruleset() if _LINUX else None
        ceilings = {limit: resource.getrlimit(limit)[1] for limit in _CEILINGS}
        return cls(ruleset, _filter_program(), *_memory_bytes(), ceilings, unsafe)

    def bequeath(self) -> None:
        """What children inherit from the zygote; for good, so only the zygote calls it."""
        if _LINUX:
            _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        for limit, value in _BEQUEATHED.items():
            value = _below(value, resource.getrlimit(limit)[1])
            _set(limit, value, value)
        # Its default action ends the process: see _limit_cpu.
        signal.signal(signal.SIGPROF, signal.SIG_DFL)

    def ahead(self, *, parent: int) -> None:
        """Everything but the session's limits and the filter. Ends the process if `parent` is gone.

        The descriptors of the zygote have to be there still.
        """
        _drop_uid()
        if _LINUX:
            die_with_parent(parent)
            _prctl(_PR_SET_DUMPABLE, 0)
        if self.ruleset is not None:
            landlock.restrict(self.ruleset)

    def limit(self, *, name: str, memory_bytes: int, cpu_ms: int) -> None:
        """The session's limits: on top of what the process already has of memory and CPU."""
        if _LINUX:
            _prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))
        self._lower(resource.RLIMIT_NOFILE, 0)
        self._lower(resource.RLIMIT_NPROC, 0)
        self._lower(resource.RLIMIT_AS, self.base_bytes + memory_bytes)
        self._lower(resource.RLIMIT_DATA, self.base_data_bytes + memory_bytes)
        # The timer counts this process's CPU in the kernel, ends it exactly and without polling, and the filter
        # forbids to touch it or its signal. RLIMIT_CPU stands behind it.
        signal.setitimer(signal.ITIMER_PROF, cpu_ms / 1000)
        self._lower(resource.RLIMIT_CPU, cpu_ms // 1000 + 2, grace=1)

    def seal(self) -> None:
        """The filter. From here on the process can only talk to its host, or die. SeccompUnavailable unless unsafe."""
        try:
            seccomp.install(self.filter_program)
        except seccomp.SeccompUnavailable:
            if not self.unsafe:
                raise

    def _lower(self, limit: int, value: int, *, grace: int = 0) -> None:
        ceiling = self.ceilings[limit]
        _set(limit, _below(value, ceiling), _below(value + grace, ceiling))


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
    fork and exit take. OSError as from os.fork, which is asked again where the C library's failed: it knows why.
    """
    pid = int(_LIBC.fork()) if _LINUX else -1
    return pid if pid >= 0 else os.fork()


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
        all(0 <= resource.getrlimit(limit)[1] <= value for limit, value in (_BEQUEATHED | _OWN).items())
        and resource.getrlimit(resource.RLIMIT_AS)[1] != resource.RLIM_INFINITY
        and resource.getrlimit(resource.RLIMIT_DATA)[1] != resource.RLIM_INFINITY
        and signal.getitimer(signal.ITIMER_PROF)[0] > 0
    )


def _safely(test: Callable[[], bool]) -> bool:
    try:
        return test()
    except (OSError, AttributeError):
        return False


def _filter_program() -> seccomp.Filter | None:
    try:
        return seccomp.Filter(seccomp.program(seccomp.machine(), socket_fd=SOCKET_FD))
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


def _below(value: int, ceiling: int) -> int:
    return value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)


def _set(limit: int, soft: int, hard: int) -> None:
    try:
        resource.setrlimit(limit, (soft, hard))
    except (OSError, ValueError):  # macOS refuses some; the report says so
        return


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
        raise OSError(f"the kernel refused prctl {option}")
    return result
