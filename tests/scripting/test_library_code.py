"""The code of libraries as a process's own memory (scripting/library_code.py), seen in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HEAD = """
import os, re, resource, sys
from pathlib import Path
from scripting import library_code
from scripting.limits import fork

def mappings():
    lines = Path("/proc/self/maps").read_text().splitlines()
    return [(*each.split()[:2], each.split()[4]) for each in lines]

def size(mapping):
    begin, end = (int(each, 16) for each in mapping[0].split("-"))
    return end - begin

def code(minimum=512 * 1024):
    return [each for each in mappings() if "x" in each[1] and size(each) >= minimum]

def work():
    return re.sub("[a-z]+", lambda found: found[0].title(), repr(sorted({"b": 1.5, "a": [2**70]}.items())))
"""


def answer(code: str) -> list[str]:
    """What a new interpreter prints: what it executes is its own for good."""
    done = subprocess.run(
        [sys.executable, "-c", _HEAD + code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_large_code_is_copied_where_it_was_and_runs_on() -> None:
    """Each mapping of large code has its old place and rights, but no file; the interpreter works as before."""
    before, same_places, files, works = answer("""
before, expected = code(), work()
library_code.adopt()
after = code()
print(len(before), [each[:2] for each in before] == [each[:2] for each in after],
      sum(each[2] != "0" for each in after), work() == expected)
""")
    assert (same_places, works) == ("True", "True")
    # All of them or, where there are no huge pages to have, none.
    assert int(before) > 0
    assert files in ("0", before)


def test_nothing_can_be_both_written_and_executed() -> None:
    """No mapping is writable and executable afterwards, and no copy is left behind."""
    writable, small, large = answer("""
def total():
    return sum(size(each) for each in mappings() if "x" in each[1])
before = total()
library_code.adopt()
print(sum("w" in each[1] and "x" in each[1] for each in mappings()), before, total())
""")
    assert writable == "0"
    assert small == large


def test_a_child_of_a_fork_asks_for_less() -> None:
    """A child that works has fewer page faults than one whose parent's code is a file's; either comes to an end."""
    files, before, after = answer("""
def faults():
    pid = fork()
    if pid == 0:
        work()
        os._exit(0)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    return usage.ru_minflt
work()
before = faults()
library_code.adopt()
print(sum(each[2] != "0" for each in code()), before, faults())
""")
    assert int(after) < int(before) or int(files) > 0


def test_a_refusal_of_the_kernel_leaves_all_as_it_was() -> None:
    """Where memory may not be reserved, collapsed or executed, nothing changes and no memory is lost."""
    same, works = answer("""
call, expected = library_code._call, work()
found = []
for refused in ("mmap", "madvise", "mprotect"):
    failure = 2**64 - 1
    library_code._call = lambda name, *given: failure if name == refused else call(name, *given)
    before = code()
    library_code.adopt()
    found.append(code() == before)
print(all(found), work() == expected)
""")
    assert (same, works) == ("True", "True")
