"""sys.commons.ResultSet: forward only; the first page is read at once, so that a wrong query fails
where it was written, and each further page when the script gets there.
"""

# ruff: noqa: N802 - the names are those of the scripting API
from __future__ import annotations

from collections.abc import Callable, Iterator

from scripting.model import Json
from scripting.stubs.api import ARRAY_LIMIT
from scripting.stubs.python_errors import ScriptException, bad_request

RESULT_SET_METHODS = frozenset({"hasNext", "next", "count", "toArray", "close"})


class ResultSet:
    """The matches of a query, one after another; also works in `for` and `with`."""

    __slots__ = ("_count", "_index", "_items", "_make", "_next", "_read")

    def __init__(
        self, *, read: Callable[[Json], Json], count: Callable[[], Json], make: Callable[[Json], object]
    ) -> None:
        self._read = read
        self._count = count
        self._make = make
        self._load(None)

    def _load(self, cursor: Json) -> None:
        page = self._read(cursor)
        assert isinstance(page, dict), "the host answers a page"
        self._items: list[Json] = page["items"]
        self._next: Json = page.get("next")
        self._index = 0

    def hasNext(self) -> bool:
        """Whether `next` has something to give."""
        while self._index >= len(self._items) and self._next is not None:
            self._load(self._next)
        return self._index < len(self._items)

    def next(self) -> object:
        """The next match; badRequest past the end."""
        if not self.hasNext():
            raise bad_request("The result set has no more elements; ask hasNext() first")
        item = self._items[self._index]
        self._index += 1
        return self._make(item)

    def count(self) -> Json:
        """How many match the query, whatever its `_size`."""
        return self._count()

    def toArray(self) -> list[object]:
        """All that are left; systemException past 1,000."""
        items: list[object] = []
        while self.hasNext():
            if len(items) >= ARRAY_LIMIT:
                raise ScriptException(
                    "systemException",
                    f"toArray() takes up to {ARRAY_LIMIT} elements; read larger results with next()",
                )
            items.append(self.next())
        return items

    def close(self) -> None:
        """Drops what is left."""
        self._items, self._next, self._index = [], None, 0

    def __iter__(self) -> Iterator[object]:
        while self.hasNext():
            yield self.next()

    def __enter__(self) -> ResultSet:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
