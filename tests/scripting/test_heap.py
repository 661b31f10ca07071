"""What the zygote does to its memory before it forks (scripting/heap.py), seen in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HEAD = "import ctypes, gc, sys\nfrom scripting import heap\n"


def answer(code: str) -> str:
    """What a new interpreter prints: sharing a heap is for good."""
    done = subprocess.run(
        [sys.executable, "-c", _HEAD + code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_new_references_leave_shared_objects_as_they_are() -> None:
    """A reference writes to objects in containers, in code and in untracked tuples only where they are counted."""
    found = answer("""
def function():
    return (1.5, b"in a constant")
class Thing:
    pass
thing = Thing()
thing.values = [object(), ("in a tuple", 2.5), {"key": bytearray(b"x")}]
def all_of():
    tuple_ = function.__code__.co_consts[1]
    return [Thing, thing, function, function.__code__, tuple_, *tuple_, *thing.values, *thing.values[1]]
def counts():
    return [ctypes.c_uint32.from_address(id(each)).value for each in all_of()]
heap.share()
before = counts()
more = [all_of() for _ in range(1000)]
changed = sum(a != b for a, b in zip(before, counts()))
print(changed, len(before), heap.UNCOUNTED)
""")
    changed, of, uncounted = found.split()
    assert (changed == "0") == (uncounted == "True"), found
    assert int(of) > 9


def test_what_comes_later_is_counted_and_freed() -> None:
    """An object that is made after the heap was shared dies with its last reference, also within a shared container."""
    found = answer("""
import weakref
class Thing:
    pass
kept = {}
heap.share()
kept["thing"] = Thing()
seen = weakref.ref(kept["thing"])
alive = seen() is not None
del kept["thing"]
print(alive, seen() is None, gc.get_freeze_count() > 0)
""")
    assert found == "True True True"
