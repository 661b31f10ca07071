"""The value of a script is JSON, or an error that names the place."""

import pytest

from tests.scripting.javascript.scripts import failure, run

VALUES = {
    "return undefined": None,
    "return {a: undefined, b: [undefined, null]}": {"b": [None, None]},
    "return new Date(5)": {"$date": 5},
    "return [new String('a'), new Number(1), new Boolean(false)]": ["a", 1, False],
    "return {toJSON() { return [1] }}": [1],
    "return 1e20": 1e20,
    "return 9007199254740993": 9007199254740992,
    "return -0.5": -0.5,
    "return {__proto__: {inherited: 1}, own: 2}": {"own": 2},
    "return JSON.parse('{\"__proto__\": 1}')": {"__proto__": 1},
    "var a = [1]; return [a, a]": [[1], [1]],
    "return Object.assign(Object.create(null), {a: 1})": {"a": 1},
    "return new (class A { b = 1 })": {"b": 1},
    "return 'x'.repeat(100000).length + ('y'.repeat(50000) + 'z'.repeat(50000)).length": 200000,
    "return new ScriptException('c', 'm')": {"code": "c", "message": "m", "additionalInfo": {}},
}
PROBLEMS = {
    "return NaN": "result: NaN is not allowed in JSON",
    "return {a: [1, {b: -Infinity}]}": "result.a[1].b: -Infinity is not allowed in JSON",
    "return {f: function () {}}": "result.f: a function is not JSON",
    "return [10n]": "result[0]: a bigint is not JSON",
    "return {s: Symbol('x')}": "result.s: a symbol is not JSON",
    "return new Map()": "result: a value of type Map is not JSON",
    "return [new Error('x')]": "result[0]: a value of type Error is not JSON",
    "return new Date(NaN)": "result: Invalid Date is not allowed in JSON",
    "var a = {}; a.b = [a]; return a": "result.b[0]: an object that contains itself is not JSON",
}


@pytest.mark.parametrize("source", VALUES)
def test_value(source: str) -> None:
    """What JSON has comes out as it is."""
    assert run(source) == VALUES[source]


@pytest.mark.parametrize("source", PROBLEMS)
def test_problem(source: str) -> None:
    """What JSON does not have is refused by its place."""
    threw = failure(source)
    assert (threw.code, threw.message) == ("badRequest", PROBLEMS[source])


def test_too_deep() -> None:
    """Depth has a limit, told as such."""
    assert failure("var a = []; for (var i = 0; i < 300; i++) a = [a]; return a").message.endswith(
        "nested deeper than 200"
    )


def test_large_result() -> None:
    """A result of a megabyte, put together from many pieces, arrives whole."""
    rows = run("var a = []; for (var i = 0; i < 20000; i++) a.push({id: i, name: 'name ' + i}); return a")
    assert isinstance(rows, list)
    assert (len(rows), rows[-1]) == (20000, {"id": 19999, "name": "name 19999"})
