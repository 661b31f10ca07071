"""Attack: find a clock or another source of chance than the host's."""

from tests.scripting.javascript.scripts import run


def test_no_other_clock() -> None:
    """What measures real time, or waits in real time, is gone."""
    names = ["performance", "Atomics", "SharedArrayBuffer", "setTimeout", "setInterval", "crypto"]
    assert run(f"return {names}.filter(name => name in globalThis)") == []


def test_the_real_date_is_out_of_reach() -> None:
    """Every way to the constructor of dates leads to the host's."""
    source = """
    var ways = [new Date(0).constructor, Date.prototype.constructor, Object.getPrototypeOf(new Date(0)).constructor,
                Reflect.construct(Date, []).constructor];
    return ways.map(D => D === Date && new D().getTime() === Date.now())"""
    assert run(source) == [True] * 4
