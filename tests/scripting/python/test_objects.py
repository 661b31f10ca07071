"""Plain objects, as in JavaScript."""

from tests.scripting.python.scripts import failure, run


def test_keys_as_attributes() -> None:
    """Keys can be read and written as attributes, to any depth."""
    assert run("query.filter.status = 'A'\nreturn [query.type, query]", query={"type": "x", "filter": {}}) == [
        "x",
        {"type": "x", "filter": {"status": "A"}},
    ]


def test_methods_win() -> None:
    """items, keys, get and the other methods stay methods, whatever the keys are."""
    assert run("d = {'items': 1}\nreturn [list(d.items()), d['items']]") == [[["items", 1]], 1]


def test_missing_key() -> None:
    """A missing key raises and tells the way out."""
    threw = failure("return params.limit", params={})
    assert threw.message == ("AttributeError: the object has no 'limit'; get('limit') answers null for what is missing")


def test_getattr_and_kin() -> None:
    """getattr, hasattr, setattr and delattr work by the same rules."""
    source = """
d = {'a': 1}
setattr(d, 'b', 2)
delattr(d, 'a')
return [getattr(d, 'b'), getattr(d, 'x', 'none'), hasattr(d, 'a'), d]
"""
    assert run(source) == [2, "none", False, {"b": 2}]


def test_names_of_javascript() -> None:
    """null, true, false and undefined are there."""
    assert run("return [null, true, false, undefined is null]") == [None, True, False, True]
