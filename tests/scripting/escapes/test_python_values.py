"""Attack: objects that lie when the host reads them."""

from tests.scripting.escapes.attempts import refused


def test_objects_are_not_values() -> None:
    """Only exact types cross the border; an object of the script never runs code there."""
    head = """
class Liar:
    def __iter__(self): return iter([1])
    def __len__(self): return 1
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __str__(self): return 'x'
    def keys(self): return ['a']
    def __getitem__(self, key): return 1
"""
    assert "a value of type Liar is not JSON" in refused(head + "return Liar()")
    assert "a value of type Liar is not JSON" in refused(head + "sys.jobs.find({'a': Liar()})")
    assert "a key of type Liar" in refused(head + "return {Liar(): 1}")
