"""The language that scripts are written in: RestrictedPython's, with what script writers miss put back.

Default deny: a syntax node without a visit method here or in RestrictedPython is refused.

    restored                        how
    annotations                     dropped, never evaluated
    nonlocal                        as in Python; the names are checked
    o.x += 1, d[k] += 1             one guard loads, applies and stores
    f-strings, %                    through a guard that knows how to show a value
    import                          an assignment from a guard: the import opcodes are never run
    print                           an ordinary name
    narrowed                        why
    except:                         means `except Exception:`
    every try with handlers         lets what ends the run pass before the script's own handlers
    finally                         no return, break, continue, yield: they swallow what is raised
    keyword arguments `_x=`         could reach parameters that are not the script's business
"""

# ruff: noqa: N802 - ast.NodeVisitor dispatches by these names
from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any, TypeVar, cast

from RestrictedPython import RestrictingNodeTransformer
from RestrictedPython.transformer import INSPECT_ATTRIBUTES, IOPERATOR_TO_STR

from scripting import policy_names as names
from scripting.policy_finally import ways_out
from scripting.policy_problems import Problem

_N = TypeVar("_N", bound=ast.AST)
_Placed = ast.stmt | ast.expr | ast.arg | ast.alias | ast.keyword | ast.excepthandler

_WORDS = {ast.Return: "return", ast.Break: "break", ast.Continue: "continue"}


class Policy(RestrictingNodeTransformer):
    """Rewrites a script's tree so that everything beyond plain computing goes through a guard."""

    def __init__(self, *, modules: Collection[str]) -> None:
        super().__init__()
        self.problems: list[Problem] = []
        self.imports: set[str] = set()
        self.has_yield = self.has_finally = False
        self._modules = modules
        self._scopes: list[str] = ["script"]

    # Reporting

    def error(self, node: ast.AST, info: str) -> None:
        """Records what the script has to change."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        self.problems.append(Problem(line, column + 1, info))

    def not_allowed(self, node: ast.AST) -> None:
        """Refuses a syntax node."""
        self.error(node, f"{type(node).__name__} is not available in scripts")

    def visit(self, node: ast.AST) -> Any:
        """A refused node, for which RestrictedPython answers None, stays: a hole would break the visitors above it."""
        visited = super().visit(node)
        return node if visited is None else visited

    def check_name(self, node: ast.AST, name: str | None, allow_magic_methods: bool = False) -> None:
        """Refuses the policy's names: a script's name does not begin with an underscore."""
        if name is None or not names.is_private(name):
            return
        if allow_magic_methods and name in names.METHODS and self._scopes[-1] == "class":
            return
        self.error(node, f"the name {name} begins with an underscore; such names are not available in scripts")

    # Names and attributes

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A name, `print` included."""
        self.check_name(node, node.id)
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        """`global`, with its names checked."""
        return self._with_checked_names(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        """`nonlocal`, with its names checked."""
        return self._with_checked_names(node)

    def _with_checked_names(self, node: ast.Global | ast.Nonlocal) -> ast.AST:
        for name in node.names:
            self.check_name(node, name)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Reading goes through the guard of attributes, writing through that of writes."""
        if _is_super_method(node):
            return _at(node, _call(names.SUPER_METHOD, node.value, ast.Constant(node.attr)))
        if names.is_private(node.attr) or node.attr in INSPECT_ATTRIBUTES:
            self._refuse_attribute(node)
        visited = self.node_contents_visit(node)
        if isinstance(visited.ctx, ast.Load):
            return _at(node, _call(names.GET_ATTRIBUTE, visited.value, ast.Constant(visited.attr)))
        visited.value = _at(node, _call(names.WRITE_ATTRIBUTE, visited.value))
        return visited

    def _refuse_attribute(self, node: ast.Attribute) -> None:
        # The node begins where its object begins; people look for the name, which is its end.
        line, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        column = end - len(node.attr.encode()) + 1
        self.problems.append(Problem(line, column, f"the attribute {node.attr} is not available in scripts"))

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """A keyword argument, its name checked."""
        self.check_name(node.value, node.arg)
        return self.node_contents_visit(node)

    # Expressions

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """`%` formats text, so it goes through a guard."""
        visited = self.node_contents_visit(node)
        if isinstance(visited.op, ast.Mod):
            return _at(node, _call(names.MODULO, visited.left, visited.right))
        return visited

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        """`{value!r:spec}` in an f-string is formatted by the guard."""
        visited = self.node_contents_visit(node)
        spec = visited.format_spec or ast.Constant("")
        text = _call(names.FORMAT, visited.value, ast.Constant(visited.conversion), spec)
        return _at(node, ast.FormattedValue(value=text, conversion=-1, format_spec=None))

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        """`yield`, inside a function only."""
        return self._in_function(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        """`yield from`, inside a function only."""
        return self._in_function(node)

    def _in_function(self, node: _N) -> _N:
        self.has_yield = True
        if self._scopes[-1] != "function":
            self.error(node, "yield outside a function")
        return self.node_contents_visit(node)

    def visit_TemplateStr(self, node: ast.AST) -> ast.AST:
        """RestrictedPython lets t-strings pass, whose parts no guard knows."""
        self.not_allowed(node)
        return node

    # Assignment

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """RestrictedPython evaluates the value once for each target; here it is evaluated once."""
        return self.node_contents_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """An assignment without its annotation."""
        if node.value is None:
            return _at(node, ast.Pass())
        plain = ast.Assign(targets=[node.target], value=node.value)
        return cast(ast.AST, self.visit(_at(node, plain)))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """The target's parts are evaluated once, before the value, as in Python."""
        operator = ast.Constant(IOPERATOR_TO_STR[type(node.op)])
        value = self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.check_name(node.target, node.target.id)
            old = ast.Name(node.target.id, ast.Load())
            new = _call(names.IN_PLACE, operator, old, value)
            return _at(node, ast.Assign(targets=[node.target], value=new))
        place = self._augmented(node.target)
        return _at(node, ast.Expr(ast.Call(func=place, args=[operator, value], keywords=[])))

    def _augmented(self, target: ast.Attribute | ast.Subscript) -> ast.expr:
        holder = self.visit(target.value)
        if isinstance(target, ast.Subscript):
            return _call(names.AUGMENT_ITEM, holder, self.visit(target.slice))
        if names.is_private(target.attr):
            self._refuse_attribute(target)
        return _call(names.AUGMENT_ATTRIBUTE, holder, ast.Constant(target.attr))

    # Imports

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        """`import a.b` binds what the guard answers for `a`, `import a.b as c` that for `a.b`."""
        return [self._bound_import(node, alias) for alias in node.names]

    def _bound_import(self, node: ast.Import, alias: ast.alias) -> ast.stmt:
        self._check_module(node, alias.name)
        self.imports.add(alias.name)
        bound = alias.asname or alias.name.partition(".")[0]
        self.check_name(node, bound)
        module = _call(names.IMPORT, ast.Constant(alias.name), ast.Constant(alias.asname is None))
        return _at(node, ast.Assign(targets=[ast.Name(bound, ast.Store())], value=module))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """`from m import x` binds what the guard answers for `x` of `m`."""
        if node.module == "__future__":
            return [_at(node, ast.Pass())]
        if node.level or node.module is None:
            self.error(node, "relative imports are not available in scripts; name the whole path")
            return []
        if node.module not in self._modules and not self._names_modules(node):
            self._check_module(node, node.module)
        self.imports.update([node.module], (f"{node.module}.{alias.name}" for alias in node.names))
        return [self._bound_name(node, node.module, alias) for alias in node.names]

    def _names_modules(self, node: ast.ImportFrom) -> bool:
        return all(f"{node.module}.{alias.name}" in self._modules for alias in node.names)

    def _bound_name(self, node: ast.ImportFrom, module: str, alias: ast.alias) -> ast.stmt:
        if alias.name == "*":
            self.error(node, "import * is not available in scripts; name what you need")
        self.check_name(node, alias.name)
        self.check_name(node, alias.asname)
        value = _call(names.IMPORT_FROM, ast.Constant(module), ast.Constant(alias.name))
        target = ast.Name(alias.asname or alias.name, ast.Store())
        return _at(node, ast.Assign(targets=[target], value=value))

    def _check_module(self, node: ast.stmt, name: str) -> None:
        if name not in self._modules:
            self.error(node, f"there is no module {name}; scripts can import {', '.join(sorted(self._modules))}")

    # Control flow

    def visit_For(self, node: ast.For) -> ast.AST:
        """The iterable goes through the guard."""
        return self.guard_iter(node)

    def guard_iter(self, node: _N) -> _N:
        """RestrictedPython guards the unpacking too; here iterating is harmless and only its order is guarded."""
        visited = cast("ast.For | ast.comprehension", self.node_contents_visit(node))
        visited.iter = _at(visited.iter, _call(names.GET_ITERATOR, visited.iter))
        return cast(_N, visited)

    def visit_With(self, node: ast.With) -> ast.AST:
        """`with` works on the API's own result sets."""
        return self.node_contents_visit(node)

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """A script's handlers and `finally` cannot keep alive what has to end."""
        self.has_finally |= bool(node.finalbody)
        for way_out in ways_out(node.finalbody):
            word = _WORDS.get(type(way_out), "yield")
            self.error(way_out, f"{word} in finally is not available in scripts: it would swallow the error")
        visited = self.node_contents_visit(node)
        if visited.handlers:
            fatal = ast.ExceptHandler(type=_name(names.FATAL), name=None, body=[ast.Raise()])
            visited.handlers.insert(0, _at(node, fatal))
        return visited

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """A bare `except` catches what a script may catch."""
        self.check_name(node, node.name)
        visited = self.node_contents_visit(node)
        if visited.type is None:
            visited.type = _at(node, _name(names.EXCEPTION))
        return visited

    # Functions and classes

    def visit_Module(self, node: ast.Module) -> ast.AST:
        """The whole script."""
        return self.node_contents_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function; its annotations are dropped."""
        self.check_name(node, node.name, allow_magic_methods=True)
        self.check_function_argument_names(node)
        node.returns = None
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.args = self.visit(node.args)
        self._refuse_type_parameters(node)
        return self._visit_body(node, "function")

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        """A lambda."""
        self.check_function_argument_names(node)
        node.args = self.visit(node.args)
        self._scopes.append("function")
        node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """A parameter without its annotation."""
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """A class; the policy's metaclass decides what it may extend."""
        self.check_name(node, node.name)
        if node.keywords:
            self.error(node, "keyword arguments of a class are not available in scripts")
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.bases = [self.visit(base) for base in node.bases]
        self._refuse_type_parameters(node)
        visited = self._visit_body(node, "class")
        visited.keywords = [ast.keyword(arg="metaclass", value=_name(names.METACLASS))]
        return _at(node, visited)

    def _refuse_type_parameters(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        if getattr(node, "type_params", None):
            self.error(node, "type parameters are not available in scripts")

    def _visit_body(self, node: _N, scope: str) -> _N:
        self._scopes.append(scope)
        block = cast("ast.FunctionDef | ast.ClassDef", node)
        body: list[ast.stmt] = []
        for statement in block.body:
            visited = self.visit(statement)
            body.extend(visited if isinstance(visited, list) else [visited])
        block.body = body or [_at(block, ast.Pass())]
        self._scopes.pop()
        return node


def _is_super_method(node: ast.Attribute) -> bool:
    call = node.value
    return (
        node.attr in names.METHODS
        and isinstance(node.ctx, ast.Load)
        and isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "super"
        and not call.args
        and not call.keywords
    )


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(function: str, *args: ast.expr) -> ast.Call:
    return ast.Call(func=_name(function), args=list(args), keywords=[])


def _at(place: ast.AST, node: _N) -> _N:
    """The node, as if it were written where `place` is."""
    return ast.fix_missing_locations(ast.copy_location(node, place))
