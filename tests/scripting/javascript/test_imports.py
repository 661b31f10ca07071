"""import at the head of a script: calls of require on the same lines."""

import pytest

from scripting.imports import as_requires
from tests.scripting.javascript.scripts import failure, run

LIB = {
    "lib/tax.js": "exports.rate = 19; exports.double = function (n) { return n * 2 };",
    "lib/whole.js": "import { rate } from './tax';\nexports = { gross: (n) => n * (100 + rate) / 100 };",
    "lib/kept.js": "exports.a = 1; module.exports = { b: 2 }; exports = { c: 3 };",
    "lib/early.js": "exports.a = 1; return { exports: 5 };",
}


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ('import axios from "axios";\nx', 'const axios = require("axios");\nx'),
        ("import {a, b as c} from 'x'", "const {a, b : c} = require('x');"),
        ("import {\n  a,\n  b as c,\n} from 'x';\ny", "const {\n  a,\n  b : c,\n} = require('x');\ny"),
        ("import d, {a} from 'x'", "const d = require('x'), {a} = require('x');"),
        ("import * as n from 'x'", "const n = require('x');"),
        ("import 'x';", "require('x');"),
        (
            "// one\n/* two\n */ 'use strict';\nimport d\n from 'x'",
            "// one\n/* two\n */ 'use strict';\nconst d = require('x');\n",
        ),
        ("import('x')", "import('x')"),
        ("important = 1", "important = 1"),
        ("let a;\nimport d from 'x'", "let a;\nimport d from 'x'"),
        ("`\nimport d from 'x'\n`", "`\nimport d from 'x'\n`"),
    ],
)
def test_forms_of_import(source: str, becomes: str) -> None:
    """Each form at the head of a script, and what only looks like one; as many lines as before."""
    assert as_requires(source) == becomes
    assert becomes.count("\n") == source.count("\n")


def test_imports_in_scripts_and_shared_code() -> None:
    """They find what require finds, and a script may await beside them."""
    source = (
        "import { gross } from 'lib/whole';\nimport * as tax from 'lib/tax';\nreturn [await gross(100), tax.double(2)]"
    )
    assert run(source, sources=LIB) == [119, 4]


def test_a_line_behind_an_import_keeps_its_number() -> None:
    """An error quotes the line that its author wrote."""
    threw = failure("import {\n  rate,\n} from 'lib/tax';\nrate.x.y", sources=LIB)
    assert (threw.line, threw.quoted) == (4, "rate.x.y")


def test_exports_may_be_replaced() -> None:
    """`exports = …` counts as `module.exports = …` unless that was said as well; a module may return early."""
    assert run("return require('lib/kept')", sources=LIB) == {"b": 2}
    assert run("return require('lib/early')", sources=LIB) == {"a": 1}
