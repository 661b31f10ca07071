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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scripting import landlock, seccomp
from scripting.kernel import IDLE, LIBC, LINUX, REAL, Kernel

SOCKET_FD = 3
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
_AS, _DATA, _CPU = resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_CPU
_NOFILE, _NPROC = _OWN
_CEILINGS = (*_BEQUEATHED, *_OWN, _AS, _DATA, _CPU)
_INFINITY = resource.RLIM_INFINITY
# Numbers, since members of an enumeration cost a child more.
_SIGKILL, _SIGCHLD, _DEFAULT, _ITIMER_PROF = (
    int(each) for each in (signal.SIGKILL, signal.SIGCHLD, signal.SIG_DFL, signal.ITIMER_PROF)
)
_DESCRIPTORS = 2**31 - 1 if LINUX else 65536


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
    kernel: Kernel = REAL

    @classmethod
    def prepare(cls, *, unsafe: bool) -> Lock:
        """Looks at this machine and at this process, whose memory each child begins with."""
        ruleset = landlock.ruleset() if LINUX else None
        ceilings = {limit: resource.getrlimit(limit)[1] for limit in _CEILINGS}
        return cls(ruleset, _filter_program(), *_memory_bytes(), ceilings, unsafe)

    def bequeath(self) -> None:
        """What children inherit from the zygote; for good, so only the zygote calls it."""
        if LINUX:
            _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        for limit, value in _BEQUEATHED.items():
            self._lower(limit, value, value)
        # Its default action ends the process: see _limit_cpu.
        signal.signal(signal.SIGPROF, signal.SIG_DFL)

    def rehearse(self, times: int) -> None:
        """Goes through all steps of a child without taking one, so that the interpreter knows them (rehearsal.py)."""
        _bind(self.kernel)
        idle = replace(self, kernel=IDLE)
        for _ in range(times):
            idle.ahead(SOCKET_FD, parent=0)
            idle.limit(name="rehearsal", memory_bytes=1, cpu_ms=1)
            idle.seal()

    def ahead(self, channel: int, *, parent: int) -> None:
        """Everything but the session's limits and the filter. Ends the process if `parent` is gone.

        Of the zygote's descriptors only `channel` is left, as SOCKET_FD.
        """
        kernel = self.kernel
        kernel.set_wakeup_fd(-1)
        kernel.signal(_SIGCHLD, _DEFAULT)
        if kernel.geteuid() == 0:
            _drop_uid(kernel)
        if (
            LINUX
            and kernel.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0) | kernel.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) < 0
        ):
            raise OSError("the kernel refused to lock a child")
        if kernel.getppid() != parent:
            os._exit(1)
        if self.ruleset is not None:
            landlock.restrict(self.ruleset, kernel.syscall)
        kernel.dup2(channel, SOCKET_FD)
        kernel.closerange(0, SOCKET_FD)
        kernel.closerange(SOCKET_FD + 1, _DESCRIPTORS)

    def limit(self, *, name: str, memory_bytes: int, cpu_ms: int) -> None:
        """The session's limits: on top of what the process already has of memory and CPU."""
        if LINUX:
            self.kernel.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)
        seconds = cpu_ms // 1000 + 2
        self._lower(_NOFILE, 0, 0)
        self._lower(_NPROC, 0, 0)
        self._lower(_AS, self.base_bytes + memory_bytes, self.base_bytes + memory_bytes)
        self._lower(_DATA, self.base_data_bytes + memory_bytes, self.base_data_bytes + memory_bytes)
        # The timer counts this process's CPU in the kernel, ends it exactly and without polling, and the filter
        # forbids to touch it or its signal. RLIMIT_CPU stands behind it.
        self.kernel.setitimer(_ITIMER_PROF, cpu_ms / 1000)
        self._lower(_CPU, seconds, seconds + 1)

    def seal(self) -> None:
        """The filter. From here on the process can only talk to its host, or die. SeccompUnavailable unless unsafe."""
        try:
            seccomp.install(self.filter_program, self.kernel.prctl)
        except seccomp.SeccompUnavailable:
            if not self.unsafe:
                raise

    def _lower(self, limit: int, soft: int, hard: int) -> None:
        ceiling = self.ceilings[limit]
        if ceiling != _INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        try:
            self.kernel.setrlimit(limit, (soft, hard))
        except (OSError, ValueError):  # macOS refuses some; the report says so
            return


def _bind(kernel: Kernel) -> None:
    """Calls what changes nothing: a function of the C library is looked up at its first call, in 10 pages or more."""
    kernel.getpid()
    kernel.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))
    kernel.setitimer(_ITIMER_PROF, 0)
    with contextlib.suppress(OSError):
        kernel.setresgid(-1, -1, -1)
        kernel.setresuid(-1, -1, -1)
        if kernel.geteuid() == 0:
            kernel.setgroups(os.getgroups())


def die_with_parent(parent: int) -> None:
    """SIGKILL for this process when the thread that started it ends; exits if that has happened already."""
    if LINUX:
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
    pid = int(LIBC.fork()) if LINUX else -1
    return pid if pid >= 0 else os.fork()


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
    if not LINUX:
        return 0, 0
    pages = [int(word) for word in Path("/proc/self/statm").read_text(encoding="ascii").split()]
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


def _drop_uid(kernel: Kernel) -> None:
    for uid in (_FIRST_UID + kernel.getpid() % _UIDS, _NOBODY):
        try:
            kernel.setgroups([])
            kernel.setresgid(uid, uid, uid)
            kernel.setresuid(uid, uid, uid)
            return
        except OSError:  # a user namespace without it, no CAP_SETUID, macOS: the report says so
            continue


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
    result = int(LIBC.prctl(option, argument, 0, 0, 0))
    if result < 0:
        raise OSError(f"the kernel refused prctl {option}")
    return result
