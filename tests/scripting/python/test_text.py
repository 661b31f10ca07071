"""How values become text: str, repr, f-strings, %, format."""

from tests.scripting.python.scripts import FakeHost, failure, run


def test_f_strings() -> None:
    """Values, conversions, widths from variables."""
    assert run("n = 3.14159\nw = 8\nreturn f'{n:.2f}|{\"a\"!r}|{n:>{w}.1f}|{n=}'") == "3.14|'a'|     3.1|n=3.14159"


def test_percent_and_format() -> None:
    """The other two ways to format."""
    source = "d = {'a': [1, 2]}\nreturn ['%5.1f|%s' % (2.25, 'x'), '%(k)s' % {'k': 1}, '{0}-{x.a[1]}'.format('z', x=d)]"
    assert run(source) == ["  2.2|x", "1", "z-2"]


def test_percent_of_numbers() -> None:
    """% between numbers is the remainder."""
    assert run("return [7 % 4, -7 % 4, 7.5 % 2]") == [3, 1, 1.5]


def test_containers() -> None:
    """Containers read as in Python."""
    source = "return [str([1, 'a', None]), str((1,)), str({'a': {1}}), str(set()), repr('x'), str(frozenset([1]))]"
    assert run(source) == ["[1, 'a', None]", "(1,)", "{'a': {1}}", "set()", "'x'", "frozenset({1})"]


def test_a_container_of_itself() -> None:
    """A list that contains itself reads with an ellipsis."""
    assert run("a = [1]\na.append(a)\nreturn str(a)") == "[1, ...]"


def test_text_of_ones_own() -> None:
    """A class decides how its objects read, also inside containers."""
    source = """
class A:
    def __str__(self): return 'text'
    def __repr__(self): return 'shown'
return [str(A()), str([A()]), f'{A():>6}', '%s %r' % (A(), A())]
"""
    assert run(source) == ["text", "[shown]", "  text", "text shown"]


def test_log_shows_objects_as_json() -> None:
    """log joins its arguments by a space, objects as JSON."""
    host = FakeHost()
    run("log('a', 1, {'b': [null, true]}, null)\nprint('c')", host=host)
    assert host.logged() == ['a 1 {"b": [null, true]} null', "c"]


def test_methods_of_text() -> None:
    """Methods of text work on values and as functions."""
    assert run("return [' a '.strip(), 'a,b'.split(','), list(map(str.upper, ['a'])), 'é'.encode().decode()]") == [
        "a", ["a", "b"], ["A"], "é",
    ]  # fmt: skip


def test_encodings_are_few() -> None:
    """Codecs that could run code are out of reach."""
    assert failure("'a'.encode('idna')").message == "ValueError: encoding: expected utf-8, ascii or latin-1"
