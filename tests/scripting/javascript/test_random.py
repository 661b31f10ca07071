"""Math.random is seeded: a replay draws the same numbers."""

from tests.scripting.javascript.scripts import run

DRAWS = "var a = []; for (var i = 0; i < 2000; i++) a.push(Math.random()); return a"


def draws(seed: str) -> list[float]:
    """2,000 numbers."""
    values = run(DRAWS, seed=seed)
    assert isinstance(values, list)
    return values


def test_same_seed_same_numbers() -> None:
    """The seed decides, and nothing else."""
    assert draws("a") == draws("a")
    assert draws("a") != draws("b")


def test_spread() -> None:
    """Numbers of [0, 1), spread evenly, none twice."""
    values = draws("a")
    assert all(0 <= value < 1 for value in values)
    assert len(set(values)) == len(values)
    tenths = [sum(1 for value in values if int(value * 10) == tenth) for tenth in range(10)]
    assert min(tenths) > 140
    assert max(tenths) < 260


def test_known_sequence() -> None:
    """The generator never changes: jobs in flight replay across releases."""
    assert run("return [Math.random(), Math.random()]") == [0.4906274536402736, 0.035515996534675964]


def test_a_late_first_draw_is_the_same() -> None:
    """What a script did to iterators, JSON and arrays before its first draw changes nothing about it."""
    tampered = """
    Array.prototype[Symbol.iterator] = function* () { yield 1; yield 2; yield 3; yield 4 };
    JSON.parse = () => [1, 2, 3, 4];
    return [Math.random(), Math.random()]"""
    assert run(tampered) == run("return [Math.random(), Math.random()]")


def test_a_draw_where_no_stack_is_left_can_be_made_again() -> None:
    """A first draw that failed does not leave a generator without a seed."""
    deep = """
    function deep() { try { deep() } catch (e) {} try { Math.random() } catch (e) {} }
    deep(); return Math.random() > 0"""
    assert run(deep) is True
