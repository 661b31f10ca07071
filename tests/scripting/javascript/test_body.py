"""The body of a script is that of a function, in the sloppy mode that the platform's scripts were written for."""

import pytest

from tests.scripting.javascript.scripts import failure, run

DIALECT = {
    "return 1 + 1": 2,
    "var query = 1; var query; return query": 1,
    "undeclared = 3; return undeclared": 3,
    "return this === globalThis": True,
    "return '1' == 1 && null == undefined": True,
    "var out = []; for (var k in {a: 1, b: 2}) out.push(k); return out": ["a", "b"],
    "var f = function (x) { return g(x) }; function g(x) { return x * 2 } return f(2)": 4,
    "return `a${1 + 1}b`": "a2b",
    "return 'a-b_c'.replace(/[-_](\\w)/g, function (m, c) { return c.toUpperCase() })": "aBC",
    "try { return 1 } finally { log('x') }": 1,
    "return typeof missing + typeof null": "undefinedobject",
    "class A { #x = 1; get x() { return this.#x } static { A.y = 2 } } return new A().x + A.y": 3,
    "const {a, ...rest} = {a: 1, b: 2}; return [rest, a ?? 0, rest?.c?.d]": [{"b": 2}, 1, None],
    "return [3, 1, 2].toSorted().at(-1)": 3,
    "return Object.groupBy([1, 2, 3], x => x % 2 ? 'odd' : 'even')": {"odd": [1, 3], "even": [2]},
    "function* g() { yield 1; yield 2 } return [...g()]": [1, 2],
    "with ({a: 5}) { return a }": 5,
    "return (function () { return arguments.length })(1, 2)": 2,
    "return 1 // the end": 1,
    "#!/usr/bin/env js\nreturn 2": 2,
    "": None,
}


@pytest.mark.parametrize("source", DIALECT)
def test_dialect(source: str) -> None:
    """Old and modern JavaScript runs as everywhere."""
    assert run(source) == DIALECT[source]


def test_strict_mode_is_the_scripts_choice() -> None:
    """'use strict' at the top of a script holds."""
    assert "undeclared" in failure("'use strict'; undeclared = 1").message


def test_variables() -> None:
    """Variables are globals, so `let` may take their names again."""
    assert run("return params.a", params={"a": 1}) == 1
    assert run("let params = 5; return params", params={"a": 1}) == 5
    assert run("var params; return params.a", params={"a": 1}) == 1
    assert run("return typeof query", params={}) == "undefined"
