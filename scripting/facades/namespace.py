"""The two kinds of object that scripts read names from: a namespace, and a look-alike of a type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scripting.runtime import Host


@dataclass(frozen=True, slots=True)
class Context:
    """What a facade may need of the run that imports it."""

    host: Host
    seed: str


class Namespace:
    """Members by name, read-only to scripts. It has no other attributes that a script could name."""

    __slots__ = ("_members", "_name")

    def __init__(self, name: str, members: Mapping[str, object]) -> None:
        self._name = name
        self._members = MappingProxyType(dict(members))

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def member(self, name: str) -> object:
        """The member; AttributeError names the namespace and the member."""
        try:
            return self._members[name]
        except KeyError:
            raise AttributeError(f"{self._name} has no {name!r}") from None


class Kind(Namespace):
    """A type as scripts see it: callable, usable in isinstance, with listed members.

    real: what isinstance compares with.
    """

    __slots__ = ("_call", "real")

    def __init__(
        self, name: str, real: type, call: Callable[..., object], members: Mapping[str, object] = MappingProxyType({})
    ) -> None:
        super().__init__(name, members)
        self.real = real
        self._call = call

    def __repr__(self) -> str:
        return f"<class '{self._name}'>"

    def __call__(self, /, *args: object, **kwargs: object) -> object:
        return self._call(*args, **kwargs)
