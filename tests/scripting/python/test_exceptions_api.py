"""sys.exceptions and ScriptException."""

from tests.scripting.python.scripts import failure, run


def test_throw_exception() -> None:
    """throwException and the error's own throw raise it with its code."""
    assert failure("sys.exceptions.throwException('myCode', 'why')").code == "myCode"
    assert failure("sys.exceptions.ScriptException('other', 'why').throw()").code == "other"


def test_questions() -> None:
    """getCode, getMessage and getAdditionalInfo answer for errors, texts and objects."""
    source = """
e = ScriptException('c', 'm', {'k': 1})
ask = sys.exceptions
return [
    ask.getCode(e), ask.getCode('x'), ask.getMessage(e), ask.getMessage('x'), ask.getMessage({'a': 1}),
    ask.getMessage(ValueError('bad')), ask.getAdditionalInfo(e), ask.getAdditionalInfo('x'),
]
"""
    assert run(source) == ["c", None, "m", "x", '{"a": 1}', "bad", {"k": 1}, {}]


def test_extending() -> None:
    """A script can extend ScriptException."""
    source = """
class Mine(ScriptException):
    def __init__(self, n):
        super().__init__('mine', f'number {n}')
        self.n = n
    def message(self):
        return super().message().upper()
try:
    raise Mine(3)
except ScriptException as e:
    return [e.code(), e.message(), e.n]
"""
    assert run(source) == ["mine", "NUMBER 3", 3]
