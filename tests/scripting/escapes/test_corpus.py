"""Every attack of the corpus, against the policy alone, against the whole stack, and without the language layer.

Each is shown to work where nothing protects: attacks on a language in a naive sandbox of that language, attacks on
the process in an ordinary interpreter. So no check here passes because an attack is broken.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from scripting import javascript, python
from scripting.host import ScriptHost
from scripting.model import Language, Limits, Program
from scripting.runtime import HostError, ScriptFailed
from tests.scripting.escapes import naive
from tests.scripting.escapes.canaries import ANSWERS, BROKEN, RECORD, Calls, Canaries, end_of, text_of
from tests.scripting.escapes.corpus import KINDS, Attack, documented, load, table
from tests.scripting.python.scripts import FakeHost

ATTACKS = load()
LANGUAGES = {"javascript": (Language.JAVASCRIPT, javascript.compile)}
PYTHON = (Language.PYTHON, python.compile)
ORDINARY = {"wall_ms": 60_000, "cpu_ms": 20_000, "memory_bytes": 64 * 1024 * 1024}
EXHAUSTING = ORDINARY | {"cpu_ms": 150}


def of(*folders: str, exhausting: bool = True) -> list[Attack]:
    """The attacks in these folders."""
    return [attack for attack in ATTACKS if attack.folder in folders and (exhausting or attack.kind != "exhaust")]


def each(attacks: Sequence[Attack]) -> pytest.MarkDecorator:
    """A test for each attack, named by it."""
    return pytest.mark.parametrize("attack", attacks, ids=[attack.id for attack in attacks])


@pytest.fixture(scope="module")
def canaries() -> Iterator[Canaries]:
    """What the attacks are after, where an unprivileged process could get at it."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        canaries = Canaries(Path(folder))
        yield canaries
        canaries.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(canaries: Canaries) -> AsyncIterator[ScriptHost]:
    """A host as in production."""
    host = ScriptHost()
    await host.start()
    yield host
    await host.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bare(canaries: Canaries) -> AsyncIterator[ScriptHost]:
    """A host whose scripts are full CPython."""
    host = ScriptHost(entry="tests.scripting.escapes.bare")
    await host.start()
    yield host
    await host.close()


@pytest.fixture(scope="module")
def unprotected(canaries: Canaries) -> dict[str, str]:
    """What the attacks on the process say where nothing protects, by id."""
    # Nothing that the naive run is not meant to do is done: this process may be root on somebody's machine.
    attacks = [attack for attack in of("process", exhausting=False) if attack.control is None]
    return dict(zip((a.id for a in attacks), naive.on_the_machine([canaries.armed(a) for a in attacks]), strict=True))


async def outcomes(host: ScriptHost, attack: Attack, source: str, calls: Calls, **overriding: int) -> list[str]:
    """How the runs of the attack ended in one child; what they said goes to `calls`."""
    language = Language.JAVASCRIPT if attack.folder == "javascript" else Language.PYTHON
    limits = Limits(**{**(EXHAUSTING if attack.kind == "exhaust" else ORDINARY), **attack.limits, **overriding})
    ends: list[str] = []
    async with host.session(Program(language, "actions/attack", source), limits=limits, app="tests") as session:
        for turn in attack.turns:
            variables = {"params": {"turn": turn}, "record": RECORD}
            outcome = await session.run(variables, calls=calls, seed="seed", start_ms=1_000)
            calls.ends.append(text_of(outcome))
            ends.append(end_of(outcome))
    return ends


@each([attack for attack in of("python", "javascript", "process") if attack.kind != "exhaust"])
def test_the_policy_alone(attack: Attack, canaries: Canaries) -> None:
    """The language layer, in this very process, lets no escape, leak or tampering through."""
    _, compile = LANGUAGES.get(attack.folder, PYTHON)
    host = FakeHost({**ANSWERS, "jobs.cancel": HostError("notFound", "no such job", {})})
    said: list[object] = []
    for turn in attack.turns:
        try:
            said.append(compile("actions/attack", canaries.armed(attack), {}).run(
                {"params": {"turn": turn}, "record": RECORD}, host, "seed"
            ))  # fmt: skip
        except ScriptFailed as failed:
            said.append(failed.threw.message)
    text = f"{said} {host.calls}"
    assert BROKEN not in text
    assert canaries.taken(attack, text) == []


@each(of("python", "javascript", "process"))
async def test_the_whole_stack(attack: Attack, canaries: Canaries, stack: ScriptHost) -> None:
    """In a locked child of the real host nothing passes, and what exhausts ends as its file says."""
    calls = Calls()
    ends = await outcomes(stack, attack, canaries.armed(attack), calls)
    said = calls.said()
    assert BROKEN not in said
    assert canaries.taken(attack, said) == []
    assert not attack.ends or ends[-1] in attack.ends, (ends, said[:500])


@each(of("python"))
async def test_python_without_its_language_layer(attack: Attack, canaries: Canaries, bare: ScriptHost) -> None:
    """The attack succeeds against the language, which shows that it is one; still nothing leaves the process."""
    calls = Calls()
    brief = {"cpu_ms": 150} if attack.kind == "exhaust" else {}
    await outcomes(bare, attack, canaries.armed(attack), calls, **brief)
    said = calls.said()
    assert canaries.taken(attack, said) == []
    if attack.kind != "exhaust":
        assert (BROKEN in said) is (attack.control is None), said[:500]


@each(of("process"))
async def test_full_cpython_in_a_locked_child(attack: Attack, canaries: Canaries, bare: ScriptHost) -> None:
    """With all of CPython in hand nothing gets out of the process."""
    calls = Calls()
    ends = await outcomes(bare, attack, canaries.armed(attack), calls)
    said = calls.said()
    assert BROKEN not in said
    assert canaries.taken(attack, said) == []
    assert not attack.ends or ends[-1] in attack.ends, (ends, said[:500])


@each(of("process", exhausting=False))
def test_the_same_without_any_sandbox(attack: Attack, canaries: Canaries, unprotected: dict[str, str]) -> None:
    """Control: in an ordinary interpreter the attack succeeds, and its success is seen."""
    said = unprotected[attack.id]
    succeeded = BROKEN in said or canaries.taken(attack, said) != []
    assert succeeded is (attack.control is None), said[:500]


@each(of("javascript", exhausting=False))
def test_javascript_in_a_naive_engine(attack: Attack, canaries: Canaries) -> None:
    """Control: against stubs as one writes them at first the attack succeeds, and its success is seen."""
    said = naive.in_the_engine(canaries.armed(attack), attack.turns, canaries.loot)
    succeeded = BROKEN in said or canaries.taken(attack, said) != []
    assert succeeded is (attack.control is None), said[:500]


@each(of("protocol"))
async def test_a_child_that_abuses_the_protocol(attack: Attack, canaries: Canaries, bare: ScriptHost) -> None:
    """The child dies as its file says, and no call is served out of turn."""
    calls = Calls()
    ends = await outcomes(bare, attack, canaries.armed(attack), calls)
    assert BROKEN not in calls.said()
    assert ends[-1] in attack.ends, (ends, calls.said())


def test_the_corpus_is_whole() -> None:
    """At least 150 attacks of every kind, each with a name of its own, and few that nothing can show to work."""
    assert len(ATTACKS) >= 150
    assert {attack.kind for attack in ATTACKS} == set(KINDS)
    assert len({attack.id for attack in ATTACKS}) == len(ATTACKS)
    assert all(attack.ends for attack in ATTACKS if attack.kind in ("exhaust", "protocol"))
    assert sum(attack.control is not None for attack in ATTACKS) <= len(ATTACKS) // 10


def test_the_document_lists_the_corpus() -> None:
    """The table of docs/security.md is that of the files; `python -m tests.scripting.escapes.corpus` renews it."""
    assert documented() == table()
