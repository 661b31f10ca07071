"""Classes: ordinary ones, and errors of one's own."""

from tests.scripting.python.scripts import failure, problems, run

SHAPES = """
class Shape:
    sides = 0
    def __init__(self, name):
        self.name = name
    def __eq__(self, other):
        return self.name == other.name
    def __lt__(self, other):
        return self.name < other.name
    def __len__(self):
        return self.sides
    def __str__(self):
        return 'a ' + self.name
    @property
    def title(self):
        return self.name.title()
    @title.setter
    def title(self, value):
        self.name = value.lower()
    @staticmethod
    def unit():
        return Shape('unit')
    @classmethod
    def named(cls, name):
        return cls(name)
class Square(Shape):
    sides = 4
    def __init__(self):
        super().__init__('square')
    def __str__(self):
        return super().__str__() + '!'
    def twice(self):
        return super().title * 2
"""


def test_methods_properties_inheritance() -> None:
    """Methods, properties, static and class methods, inheritance and super() work."""
    source = SHAPES + "s = Square()\ns.title = 'BOX'\nreturn [s.title, len(s), str(s), Shape.unit().name, s.twice()]"
    assert run(source) == ["Box", 4, "a box!", "unit", "BoxBox"]


def test_operators_of_a_class() -> None:
    """Comparison methods serve sorting and equality."""
    source = SHAPES + "return [x.name for x in sorted([Shape('b'), Shape('a')])] + [Shape('x') == Shape('x')]"
    assert run(source) == ["a", "b", True]


def test_class_attributes_can_be_written() -> None:
    """A class of a script is the script's to change."""
    assert run("class A:\n    n = 1\nA.n += 1\nreturn A().n") == 2


def test_containers() -> None:
    """A class can be iterated, indexed and called."""
    source = """
class Bag:
    def __init__(self): self.items = {}
    def __getitem__(self, key): return self.items[key]
    def __setitem__(self, key, value): self.items[key] = value
    def __iter__(self): return iter(self.items)
    def __contains__(self, key): return key in self.items
    def __call__(self, n): return n + 1
bag = Bag()
bag['a'] = 1
bag['a'] += 1
return [bag['a'], list(bag), 'a' in bag, bag(1)]
"""
    assert run(source) == [2, ["a"], True, 2]


def test_errors_of_ones_own() -> None:
    """A class can extend an error; its attributes and arguments can be read."""
    source = """
class TooLarge(ValueError):
    def __init__(self, size):
        super().__init__(f'{size} is too large')
        self.size = size
try:
    raise TooLarge(7)
except ValueError as error:
    return [error.size, str(error), error.args]
"""
    assert run(source) == [7, "7 is too large", ["7 is too large"]]


def test_private_names_are_refused() -> None:
    """Names that begin with an underscore are refused where they are written, with their place."""
    threw = failure("class A:\n    def f(self):\n        self._x = 1")
    assert threw.message == "the attribute _x is not available in scripts"
    assert (threw.line, threw.column, threw.quoted) == (3, 14, "        self._x = 1")


def test_methods_outside_the_list_are_refused() -> None:
    """A class defines only listed special methods."""
    assert len(problems("class A:\n    def __del__(self): pass\n    def __enter__(self): pass")) == 2


def test_missing_attribute() -> None:
    """A missing attribute raises; it is not null."""
    assert failure("class A: pass\nA().x").message == "AttributeError: a A has no attribute 'x'"


def test_hash_by_serial_number() -> None:
    """Objects hash in the order in which they were first hashed, the same in each run."""
    source = "class A:\n    def __init__(self, n): self.n = n\nreturn [a.n for a in {A(n) for n in range(50)}]"
    assert run(source) == run(source)
