"""sys.exceptions: codes, messages and additional information, caught and thrown."""

from __future__ import annotations

import pytest

from engine.errors import CODES
from tests.conformance.conftest import Lab
from tests.conformance.scripts import NOBODY, Script, both


@both("""
E = sys.exceptions;
e = new E.ScriptException('notFound', 'no such thing', {'a': 1});
return [E.getCode(e), E.getMessage(e), E.getAdditionalInfo(e), e.code(), e.message(), e.additionalInfo()];
""", py="""
E = sys.exceptions
e = E.ScriptException('notFound', 'no such thing', {'a': 1})
return [E.getCode(e), E.getMessage(e), E.getAdditionalInfo(e), e.code(), e.message(), e.additionalInfo()]
""")  # fmt: skip
async def test_of_a_script_exception(lab: Lab, script: Script) -> None:
    """getCode, getMessage and getAdditionalInfo read a ScriptException, and so do its own methods."""
    parts = ["notFound", "no such thing", {"a": 1}]
    assert await lab.value(script) == parts * 2


@both("""
E = sys.exceptions;
return [E.getCode('text'), E.getMessage('text'), E.getAdditionalInfo('text'), E.getCode(null),
        E.getMessage({'a': 1}), E.getCode({'a': 1}), E.getAdditionalInfo(null)];
""")
async def test_of_other_things(lab: Lab, script: Script) -> None:
    """getCode: else null. getMessage: a string itself, an object as JSON. getAdditionalInfo: {} if there is none."""
    code, text, info, none, shown, *rest = await lab.value(script)
    assert [code, text, info, none, *rest] == [None, "text", {}, None, None, {}]
    assert shown.replace(" ", "") == '{"a":1}'


@both(js="var E = sys.exceptions;\n"
         "try { null.x; } catch (e) { return [E.getCode(e), e.message === E.getMessage(e)]; }",
      py="try:\n    null.x\nexcept Exception as e:\n"
         "    return [sys.exceptions.getCode(e), len(sys.exceptions.getMessage(e)) > 0]")  # fmt: skip
async def test_of_the_languages_own_errors(lab: Lab, script: Script) -> None:
    """An error of the language has no code, and its own message."""
    assert await lab.value(script) == [None, True]


@both("""
E = sys.exceptions;
thrown = refused(@ E.throwException('forbidden', 'not for you'));
made = new E.ScriptException('timeout', 'too late');
return [thrown, refused(@ made['throw']())];
""", py="""
E = sys.exceptions
thrown = refused(@ E.throwException('forbidden', 'not for you'))
made = E.ScriptException('timeout', 'too late')
return [thrown, refused(@ made.throw())]
""")  # fmt: skip
async def test_throwing(lab: Lab, script: Script) -> None:
    """throwException(code, message), and throw() of a ScriptException."""
    assert await lab.value(script) == [["forbidden", "not for you"], ["timeout", "too late"]]


@pytest.mark.parametrize("code", CODES)
@both("sys.exceptions.throwException(params.code, 'the message', {'n': 1});")
async def test_every_code(lab: Lab, script: Script, code: str) -> None:
    """Every code that a script throws is the code of its job's error."""
    error = await lab.error(script, code=code)
    assert (error["code"], error["message"], error["additionalInfo"]) == (code, "the message", {"n": 1})


@both("""
return each([@ sys.jobs.waitForJob(params.id, 'FINISHED', 1)], @step refused(step)[0]);
""")
async def test_errors_of_the_host(lab: Lab, script: Script) -> None:
    """An error of the API is caught like one's own."""
    assert await lab.value(script, id=NOBODY) == ["notFound"]


@both(js="try { sys.jobs.find({status: 'NOPE'}); } catch (e) { return sys.exceptions.getAdditionalInfo(e); }",
      py="try:\n    sys.jobs.find({'status': 'NOPE'})\nexcept Exception as e:\n"
         "    return sys.exceptions.getAdditionalInfo(e)")  # fmt: skip
async def test_additional_info_of_the_host(lab: Lab, script: Script) -> None:
    """A refusal carries field, value and what is allowed as data, too."""
    info = await lab.value(script)
    assert (info["field"], info["value"]) == ("status", "'NOPE'")
    assert "FINISHED" in info["allowed"]
