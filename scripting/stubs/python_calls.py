"""From a method of the table (api.py) to a function: binds arguments, calls the host, makes the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from scripting.model import Json
from scripting.runtime import Host
from scripting.stubs.api import Arg, Fixed, Method, Own, Result
from scripting.stubs.python_errors import RunEnded, bad_request, for_script
from scripting.stubs.python_objects import Job, JobLog, Record
from scripting.stubs.python_results import ResultSet
from scripting.stubs.python_values import NotJson, to_argument, to_script

_NO_OWNER: Mapping[str, Json] = {}
_PAGED: Mapping[Result, type[Job | JobLog | Record]] = {
    Result.JOBS: Job,
    Result.LOGS: JobLog,
    Result.RECORDS: Record,
}


class Calls:
    """The host as the stubs of one run use it. `over`: every further call ends the run."""

    def __init__(self, host: Host) -> None:
        self.over = False
        self._host = host
        self.now_ms = host.now_ms

    def call(self, method: str, args: Sequence[object]) -> object:
        """The host's answer as scripts see it; ScriptException if it refused."""
        if self.over:
            raise RunEnded
        try:
            plain = [to_argument(arg, f"{method} args[{index}]") for index, arg in enumerate(args)]
        except NotJson as error:
            problem = str(error)
        else:
            return self.seen(for_script(self._host.call, method, plain))
        raise bad_request(problem)

    def seen(self, value: Json) -> object:
        """JSON of the host as scripts see it."""
        return to_script(value, partial(Record, self))

    def function(self, name: str, method: Method) -> Callable[..., object]:
        """A method of a namespace."""

        def function(*given: object, **named: object) -> object:
            return self.invoke(name, method, given, named)

        return function

    def invoke(
        self,
        name: str,
        method: Method,
        given: Sequence[object],
        named: Mapping[str, object],
        owner: Mapping[str, Json] = _NO_OWNER,
    ) -> object:
        """Calls the host for one method; `owner` is the snapshot of the object whose method it is."""
        args = _arranged(name, method, given, named, owner)
        if method.result is Result.REFRESHED and isinstance(owner, dict):
            return refresh(owner, self.call(method.call, args))
        if method.count is None:
            return self.made(method.result, self.call(method.call, args))
        return ResultSet(
            read=lambda cursor: self.call(method.call, [*args, cursor]),
            count=partial(self.call, method.count, args),
            make=partial(_PAGED[method.result], self),
        )

    def made(self, result: Result, value: object) -> object:
        """The object that the method promises, around the host's answer."""
        if value is None or isinstance(value, Record):
            return value
        match result, value:
            case Result.JOB, dict():
                return Job(self, value)
            case Result.FIRST_JOB, list():
                return Job(self, value[0])
            case Result.JOB_LIST, list():
                return [Job(self, item) for item in value]
            case Result.RECORD, dict():
                return Record(self, value)
            case _:
                return value


def refresh(raw: dict[str, Any], fresh: object) -> bool:
    """Whether the host sent the record anew: then the snapshot is that."""
    if isinstance(fresh, Record):
        fresh = fresh._raw
    if not isinstance(fresh, dict):
        return False
    raw.update(fresh)
    return True


def _arranged(
    name: str,
    method: Method,
    given: Sequence[object],
    named: Mapping[str, object],
    owner: Mapping[str, Json],
) -> list[object]:
    bound = _bound(name, [part for part in method.args if isinstance(part, Arg)], given, named)
    args: list[object] = []
    for part in method.args:
        match part:
            case Fixed():
                args.append(part.value)
            case Own():
                own = owner.get(part.key)
                args.append({"id": own} if part.as_query else own)
            case Arg():
                args.append(_sent(part, bound.get(part.name)))
    return args


def _sent(arg: Arg, value: object) -> object:
    value = arg.default if value is None else value
    return [value] if arg.listed and type(value) not in (list, tuple) else value


def _bound(name: str, expected: list[Arg], given: Sequence[object], named: Mapping[str, object]) -> dict[str, object]:
    names = [arg.name for arg in expected]
    if expected and expected[0].leading and len(given) + len(named) < len(expected) and names[0] not in named:
        names = names[1:]
    if len(given) > len(names):
        raise bad_request(f"{name} takes up to {len(expected)} arguments, {len(given)} were given")
    bound: dict[str, object] = dict(zip(names, given, strict=False))
    for key, value in named.items():
        if key not in names or key in bound:
            raise bad_request(f"{name} has no further argument {key}; its arguments are {', '.join(names) or 'none'}")
        bound[key] = value
    return bound
