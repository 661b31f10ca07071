"""What the end of a process says about the run that was in it. No I/O."""

from __future__ import annotations

import os
import signal

from scripting.child import EXIT_MEMORY
from scripting.model import Interrupted, Killed, Limits, Program
from scripting.records import LOST, Record


def end_of_process(record: Record, limits: Limits) -> Killed | Interrupted:
    """Why a child died that its host had not killed. With the zygote its children go, through no fault of theirs."""
    if record.status == LOST:
        return Interrupted("the process that starts scripts is gone")
    if os.WIFEXITED(record.status):
        if os.WEXITSTATUS(record.status) == EXIT_MEMORY:
            return _out_of_memory(limits)
        return Killed("crash", f"the script's process ended with code {os.WEXITSTATUS(record.status)}")
    match os.WTERMSIG(record.status):
        case signal.SIGPROF | signal.SIGXCPU:
            return Killed("cpu", f"the script used more than its {limits.cpu_ms} ms of CPU time")
        case signal.SIGKILL:
            return Killed("memory", "the system ended the script's process, most likely for want of memory")
        case signal.SIGSYS:
            return Killed("crash", "the script's process made a system call that it may not make")
        case number:
            return Killed("crash", f"the script's process ended by {signal.Signals(number).name}")


def too_long(limits: Limits) -> Killed:
    """The wall time is over."""
    return Killed("wall", f"the script ran longer than its {limits.wall_ms} ms")


def too_many_calls(limits: Limits) -> Killed:
    """The script asked the host once too often."""
    return Killed(
        "calls", f"the script made more than its {limits.calls} calls; sys.jobs.continueAsNew lets it begin anew"
    )


def too_much_source(program: Program, limits: Limits) -> Killed | None:
    """Killed if the program, or a script that it may use, is larger than `source_bytes`."""
    for path, source in [(program.path, program.source), *program.sources.items()]:
        size = len(source.encode(errors="surrogatepass"))
        if size > limits.source_bytes:
            return Killed("source", f"{path} has {size} bytes, more than the {limits.source_bytes} that are allowed")
    return None


def _out_of_memory(limits: Limits) -> Killed:
    return Killed("memory", f"the script used more than its {limits.memory_bytes // 1024} KiB of memory")
