"""What the garbage collector of a worker's process need not look at again and again."""

from __future__ import annotations

import gc

# How many more objects than were freed it takes to look for garbage. Python's 700 are 35 jobs: with 500 of them under
# way nothing that a collection walks over is garbage, and that took 23 % of a worker with short jobs; with 10,000 it
# was 12 %.
YOUNG = 50_000


def settle() -> None:
    """Takes all that lives by now (modules, classes, compiled statements) out of every later collection.

    Each of a worker's jobs is some twenty objects that live until the job ends, so full collections are frequent, and
    each walked over the modules too: a quarter of the time of a worker with short jobs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
