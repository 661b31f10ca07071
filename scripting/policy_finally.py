"""Ways out of a `finally` block that would swallow the exception in flight.

`return`, `break`, `continue` and `yield` there end the handling of whatever is being raised, the end
of the run included, which no script may stop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LOOPS = (ast.For, ast.While)


def ways_out(block: Iterable[ast.AST], *, in_loop: bool = False) -> Iterator[ast.AST]:
    """The statements and expressions of the block that leave it by force."""
    for node in block:
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            yield node
        elif isinstance(node, (ast.Break, ast.Continue)):
            if not in_loop:
                yield node
        elif isinstance(node, _LOOPS):
            yield from ways_out(node.body, in_loop=True)
            yield from ways_out(node.orelse, in_loop=in_loop)
        elif not isinstance(node, _SCOPES):
            yield from ways_out(ast.iter_child_nodes(node), in_loop=in_loop)
