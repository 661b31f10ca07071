"""What one run has imported: facades, and the app's own scripts as shared code, each loaded once."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from scripting.facades.namespace import Context, Namespace
from scripting.facades.table import MODULES

SUFFIX = ".py"


def module_names(sources: Mapping[str, str]) -> dict[str, str]:
    """The paths of the scripts that can be imported, by name: `lib.prices` is lib/prices.py."""
    names: dict[str, str] = {}
    for path in sources:
        parts = path.removesuffix(SUFFIX).split("/")
        if path.endswith(SUFFIX) and all(part.isidentifier() for part in parts):
            names[".".join(parts)] = path
    return {name: path for name, path in names.items() if name not in MODULES}


class Modules:
    """The modules of one run. `execute` runs a shared script, by name, and answers its public names."""

    def __init__(
        self, context: Context, shared: Container[str], execute: Callable[[str], Mapping[str, object]]
    ) -> None:
        self._context = context
        self._shared = shared
        self._execute = execute
        self._loaded: dict[str, Namespace | None] = {}

    def imported(self, name: str, top: bool) -> Namespace:
        """What `import name` binds: the module, or with `top` the outermost package of its name."""
        module = self._load(name)
        return self._package(name.partition(".")[0]) if top and "." in name else module

    def imported_from(self, module: str, name: str) -> object:
        """What `from module import name` binds."""
        if self._is_known(module):
            try:
                return self._load(module).member(name)
            except AttributeError as error:
                problem = str(error)
            raise ImportError(problem)
        return self._load(f"{module}.{name}")

    def _is_known(self, name: str) -> bool:
        return name in MODULES or name in self._shared

    def _load(self, name: str) -> Namespace:
        if name in MODULES:
            if name not in self._loaded:
                self._loaded[name] = MODULES[name](self._context)
        elif name not in self._loaded:
            self._loaded[name] = None
            self._loaded[name] = Namespace(name, self._execute(name))
        module = self._loaded[name]
        if module is None:
            raise ImportError(f"{name} imports itself, by way of other modules")
        return module

    def _package(self, name: str) -> Namespace:
        members: dict[str, object] = {}
        for path, module in self._loaded.items():
            first, _, rest = path.partition(".")
            if first == name and rest and "." not in rest:
                members[rest] = module
        return Namespace(name, members)
