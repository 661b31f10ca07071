"""Attack: code made at run time reaches for what code in a file does not see."""

from tests.scripting.javascript.scripts import run


def test_eval_sees_what_the_script_sees() -> None:
    """eval and Function run in the same sandbox: the stubs' own names are in neither."""
    names = "['host', 'table', 'call', 'revive', 'endRun', 'rawOf', '__call', '__end']"
    for code in ("(0, eval)('typeof ' + n)", "eval('typeof ' + n)", "new Function('return typeof ' + n)()"):
        assert run(f"return {names}.map(n => {code}).filter(t => t !== 'undefined')") == []
