"""Where the zygote's memory comes from (scripting/arenas.py), seen in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_HEAD = """
import ctypes, sys
from pathlib import Path
from scripting import arenas, huge_pages

def heap():
    line = next(each for each in Path("/proc/self/maps").read_text().splitlines() if each.endswith("[heap]"))
    begin, end = line.split()[0].split("-")
    return range(int(begin, 16), int(end, 16))

def in_heap(objects):
    span = heap()
    return sum(id(each) in span for each in objects) / len(objects)

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def values():
    return [float(each) for each in range(200_000)]
"""
# Only there is the allocator one that can be told.
_GLIBC = hasattr(__import__("ctypes").PyDLL(None), "mallopt")


def answer(code: str) -> list[str]:
    """What a new interpreter prints: where its arenas come from is for good."""
    done = subprocess.run(
        [sys.executable, "-c", _HEAD + code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_objects_lie_in_one_heap_until_it_is_settled() -> None:
    """What is made between the two calls lies in the C library's heap, what comes later elsewhere; none changes."""
    gathered, later, same = answer("""
arenas.gather()
early = values()
share = in_heap(early)
arenas.settle()
huge_pages.collapse()
late = values()
print(share, in_heap(late), early == late == values())
""")
    assert same == "True"
    if _GLIBC:
        assert float(gathered) > 0.7
        assert float(later) < 0.3


def test_memory_of_either_kind_is_given_back() -> None:
    """Arenas of the heap and later ones go back to the system once they are empty, and the interpreter goes on."""
    early_bytes, late_bytes, same = answer("""
arenas.gather()
early = values()
arenas.settle()
huge_pages.collapse()
before = resident()
del early
freed_early = before - resident()
late = values()
before = resident()
del late
print(freed_early, before - resident(), sum(values()) == sum(range(200_000)))
""")
    assert same == "True"
    # 200,000 floats of 24 bytes each; the list is a piece of its own.
    assert int(early_bytes) > 2_000_000
    assert int(late_bytes) > 2_000_000


def test_a_heap_that_is_settled_without_being_gathered_stays_as_it_is() -> None:
    """An entry that did not gather, as a test's may be, settles without harm."""
    assert answer("arenas.settle()\nhuge_pages.collapse()\nprint(sum(values()) == sum(range(200_000)))") == ["True"]


def test_new_objects_lie_together_after_a_fresh_beginning() -> None:
    """Objects of a size fill no gaps that others of that size have left all over the heap, but follow one another."""
    gaps, afresh = answer("""
def pages():
    return len({id(each) // 4096 for each in [complex(each) for each in range(100)]})

kept = [complex(each) for each in range(100_000)]
del kept[::130]
before = pages()
arenas.begin_afresh()
print(before, pages())
""")
    assert int(gaps) > 20
    assert int(afresh) < 5
