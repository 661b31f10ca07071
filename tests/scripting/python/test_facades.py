"""The modules that scripts can import."""

import pytest

from scripting.facades.table import MODULES
from tests.scripting.python.scripts import NOW_MS, FakeHost, failure, problems, run

CASES = {
    "json": (
        "json.loads(json.dumps({'a': [1, null, datetime(2023, 1, 1)]}))",
        {"a": [1, None, "2023-01-01T00:00:00.000Z"]},
    ),
    "math": ("[math.sqrt(16), math.floor(2.7), math.gcd(12, 18)]", [4.0, 2, 6]),
    "re": (
        "[re.sub(r'(\\w)', r'<\\1>', 'ab'), re.compile('B', re.I).search('abc').span()]",
        ["<a><b>", [1, 2]],
    ),
    "statistics": ("[statistics.mean([1, 3]), statistics.median([1, 9, 5])]", [2, 5]),
    "itertools": (
        "[list(itertools.islice(itertools.count(), 2)), list(itertools.chain.from_iterable([[1], [2]]))]",
        [[0, 1], [1, 2]],
    ),
    "collections": (
        "[collections.Counter('aab').most_common(1), list(collections.deque([1, 2], maxlen=1))]",
        [[["a", 2]], [2]],
    ),
    "decimal": ("str(decimal.Decimal('0.1') + decimal.Decimal('0.2'))", "0.3"),
    "random": ("0 <= random.random() < 1 and random.randint(3, 3) == 3", True),
    "time": ("time.time()", NOW_MS / 1000),
    "datetime": ("datetime(2024, 2, 29).isoformat()", "2024-02-29T00:00:00+00:00"),
}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_module(module: str) -> None:
    """Every module works; the table of cases names them all."""
    expression, expected = CASES[module]
    head = "" if module == "datetime" else f"import {module}\n"
    assert run(f"{head}from datetime import datetime\nreturn {expression}") == expected


def test_forms_of_import() -> None:
    """import, import as, from import and from import as, in functions too."""
    source = """
import math as m, json
from math import pi as p, e
def f():
    from math import tau
    return tau
return [m.pi == p, f() == 2 * p, e > 2, json.dumps(1)]
"""
    assert run(source) == [True, True, True, "1"]


def test_unknown_module() -> None:
    """An unknown module is refused before the script runs, with the list of what there is."""
    assert problems("import os") == [f"there is no module os; scripts can import {', '.join(sorted(MODULES))}"]
    assert failure("from . import x").message == "relative imports are not available in scripts; name the whole path"
    assert failure("from math import *").message.startswith("import * is not available")


def test_unknown_member() -> None:
    """A module has its listed members only."""
    assert failure("from math import sys").message == "ImportError: math has no 'sys'"
    assert failure("import json\njson.codecs").message == "AttributeError: json has no 'codecs'"


def test_random_repeats_by_seed() -> None:
    """The same seed draws the same numbers, another seed others; a seed cannot be left to chance."""
    source = "import random\nreturn [random.random() for _ in range(3)]"
    assert run(source, seed="a") == run(source, seed="a") != run(source, seed="b")
    assert "could not be repeated" in failure("import random\nrandom.seed(None)").message


def test_sleep_waits_on_the_host() -> None:
    """time.sleep is sys.utils.script.wait."""
    host = FakeHost()
    run("import time\ntime.sleep(1.5)", host=host)
    assert host.calls == [("script.wait", [1500])]


def test_json_errors() -> None:
    """What is not JSON is refused both ways, by its place."""
    assert failure("import json\njson.dumps({'a': {1}})").message.startswith("NotJson: value.a: a value of type set")
    assert failure("import json\njson.loads('[NaN]')").message == "ValueError: NaN is not JSON"
    assert run("import json\ntry:\n    json.loads('{')\nexcept ValueError:\n    return 'caught'") == "caught"


def test_flags_of_patterns() -> None:
    """Flags that print or depend on the machine are refused."""
    assert "flags" in failure("import re\nre.compile('a', 128)").message
