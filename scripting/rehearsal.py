"""A script of our own that runs before an app's does, so that the app's finds everything at hand.

In the zygote: what CPython learns at the first runs of a function (its specialized bytecode, caches of methods and
patterns, symbols of libraries) is learnt once, before the fork. In a child that waits: the pages that a script
touches are copied before there is one. The session's limits and the filter are not set then, and need not be:
nothing of an app is in the process yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from scripting import protocol
from scripting.model import Language

SCRIPTS: Mapping[Language, str] = {
    Language.PYTHON: """
id = sys.jobs.getCurrentJobId()
log(f"job {id}")
def doubled(number):
    return number * 2
found = {"values": [doubled(each) for each in params["values"]], "id": id}
return found
""",
    Language.JAVASCRIPT: """
var id = sys.jobs.getCurrentJobId();
log(`job ${id}`);
function doubled(number) {
  return number * 2;
}
return { values: params.values.map(doubled), id: id };
""",
}
RESULT = {"values": [2, 4], "id": "0"}
PATH = "rehearsal"
_BYTES = 1024 * 1024
_MEMORY_BYTES = 64 * 1024 * 1024


def conversation(language: Language, image: str = "") -> bytes:
    """All that a host says in the run of the language's script."""
    load = protocol.Load(
        language=language,
        path=PATH,
        source=SCRIPTS[language],
        sources={},
        app=PATH,
        memory_bytes=_MEMORY_BYTES,
        cpu_ms=1000,
        frame_bytes=_BYTES,
        result_bytes=_BYTES,
        image=image,
    )
    run = protocol.Run({"params": {"values": [1, 2]}}, PATH, 0)
    answers = (protocol.Answer(1, "0", 0), protocol.Answer(2, None, 0))
    return b"".join(protocol.encode(frame, max_bytes=_BYTES) for frame in (load, run, *answers))
