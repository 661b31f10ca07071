"""From the text of a Python script to code that can only do what the guards let it do.

A script's body is the body of a function, so it may `return`; the names that it binds are globals of
the run, so its functions see them and `global` means what it means in a module. Lines and columns are
those of the file. Nothing of a script is evaluated here.

RestrictedPython is the first layer, never the wall: the wall is the process (docs/decisions.md).
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import ParamSpec, TypeVar

from scripting import policy_names as names
from scripting.policy_problems import Problem, quoted_line, rejected
from scripting.policy_transformer import Policy

P = ParamSpec("P")
T = TypeVar("T")

# Visitors take about five Python frames a level; an expression of 400 terms has to compile.
_COMPILE_RECURSION = 3000
_TOO_DEEP = Problem(1, 1, "the script is nested too deeply to compile")


@dataclass(frozen=True, slots=True)
class Body:
    """A compiled script; `imports` are the names of the modules that it imports.

    has_yield and has_finally: with both, in whichever files, a generator may run code of the script when it is
    dropped.
    """

    code: CodeType
    imports: frozenset[str]
    has_yield: bool
    has_finally: bool

    def execute(self, scope: dict[str, object]) -> object:
        """Runs the script with `scope` as its globals, guards included; what it returned."""
        exec(self.code, scope)  # noqa: S102 - the policy made this code
        body = scope[names.BODY]
        assert isinstance(body, FunctionType)
        return body()


class _Rejected(Exception):
    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__()


def compile_script(path: str, source: str, *, modules: Collection[str]) -> Body:
    """The script's body; ScriptFailed lists everything that is wrong.

    modules: what the script can import.
    """
    try:
        with _room_to_recurse(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _compile(path, source.removeprefix("\ufeff"), modules)
    except _Rejected as error:
        raise rejected(path, source, error.problems) from None
    except (RecursionError, MemoryError):
        raise rejected(path, source, [_TOO_DEEP]) from None


@contextmanager
def _room_to_recurse() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_COMPILE_RECURSION)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _compile(path: str, source: str, modules: Collection[str]) -> Body:
    tree = _checked(ast.parse, source, path)
    policy = Policy(modules=modules)
    policy.visit(tree)
    if policy.problems:
        raise _Rejected(*(_in_characters(problem, source) for problem in policy.problems))
    # The policy rewrote the first tree.
    bound = _bound_names(_checked(ast.parse, source, path), path)
    code = _code(_in_function(tree, bound), path)
    return Body(code, frozenset(policy.imports), policy.has_yield, policy.has_finally)


def _bound_names(tree: ast.Module, path: str) -> list[str]:
    # The compiler itself knows best which names a body binds, and finds every plain syntax error on the way.
    code = _code(_in_function(tree, []), path)
    body = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return [name for name in (*body.co_varnames, *body.co_cellvars) if not name.startswith(".")]


def _in_function(tree: ast.Module, bound: list[str]) -> ast.Module:
    wrapper = ast.parse(f"def {names.BODY}(): pass")
    function = wrapper.body[0]
    assert isinstance(function, ast.FunctionDef)
    declared: list[ast.stmt] = [ast.Global(names=bound)] if bound else []
    function.body = [*declared, *tree.body, ast.Pass()]
    return ast.fix_missing_locations(wrapper)


def _code(tree: ast.Module, path: str) -> CodeType:
    code = _checked(lambda: compile(tree, path, "exec", dont_inherit=True))
    assert isinstance(code, CodeType)
    return code


def _checked(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return step(*args, **kwargs)
    except SyntaxError as error:
        raise _Rejected(Problem(error.lineno or 1, max(error.offset or 1, 1), str(error.msg))) from None
    except ValueError as error:
        raise _Rejected(Problem(1, 1, str(error))) from None


def _in_characters(problem: Problem, source: str) -> Problem:
    """The tree counts columns in bytes of UTF-8; people count characters."""
    line = quoted_line(source, problem.line) or ""
    before = line.encode()[: problem.column - 1]
    return replace(problem, column=len(before.decode(errors="ignore")) + 1)
