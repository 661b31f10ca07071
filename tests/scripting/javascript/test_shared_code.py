"""require: shared code of the same app, as CommonJS modules."""

from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost

LIB = {
    "lib/prices.js": "var tax = require('./tax');\nexports.gross = function (n) { return n * 2 + tax.fixed };",
    "lib/tax.js": "log('loaded');\nmodule.exports = {fixed: 1};",
    "lib/broken.js": "exports.f = function (o) {\n\n  return o.x.y;\n};",
    "lib/a.js": "exports.early = 1;\nexports.b = require('lib/b').seen;",
    "lib/b.js": "exports.seen = require('./a').early;",
    "lib/throws.js": "throw new Error('at load')",
    "lib/index.js": "exports.index = true",
    "data/rates.json": '{"eur": 1}',
    "actions/near.js": "exports.near = 1",
}


def test_forms_of_require() -> None:
    """From the app's folder or from the file, with or without its ending."""
    for name in ("lib/prices", "lib/prices.js", "../lib/prices", "/lib/prices"):
        assert run(f"return require('{name}').gross(2)", sources=LIB) == 5
    source = "return [require('lib').index, require('data/rates').eur, require('./near').near]"
    assert run(source, sources=LIB) == [True, 1, 1]


def test_loaded_once() -> None:
    """A module runs once in a run, and again in the next."""
    host = FakeHost()
    run("require('lib/tax'); require('lib/prices'); return require('lib/tax').fixed", sources=LIB, host=host)
    assert host.logged() == ["loaded"]


def test_circle() -> None:
    """A circle sees what is exported so far."""
    assert run("return require('lib/a')", sources=LIB) == {"early": 1, "b": 1}


def test_error_in_shared_code() -> None:
    """An error tells the shared file and its line, and the way there."""
    threw = failure("var lib = require('lib/broken');\nlib.f({})", sources=LIB)
    assert (threw.path, threw.line, threw.quoted) == ("lib/broken.js", 3, "  return o.x.y;")
    assert threw.stack is not None
    assert threw.stack.splitlines()[1].endswith("(actions/script.js:2:5)")


def test_error_while_loading() -> None:
    """A module that threw is not half there: the next require tries again."""
    source = "try { require('lib/throws') } catch (e) {} return require('lib/throws')"
    assert failure(source, sources=LIB).message == "at load"


def test_missing() -> None:
    """What the app does not have is notFound."""
    threw = failure("require('lib/nothing')", sources=LIB)
    assert (threw.code, threw.message) == ("notFound", 'require: there is no script "lib/nothing" in this app')
    assert failure("require(5)").code == "badRequest"
