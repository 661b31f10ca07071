"""Attack: coroutines, whose frames and awaits the guards do not know."""

import pytest

from tests.scripting.escapes.attempts import refused


@pytest.mark.parametrize(
    "source",
    ["async def f(): pass", "async def f():\n    await g()", "async def f():\n    async for x in y: pass",
     "async def f():\n    return [x async for x in y]", "async def f():\n    async with x: pass"],
)  # fmt: skip
def test_async(source: str) -> None:
    """Nothing of async is part of the language."""
    assert "is not available" in refused(source)


def test_what_is_refused_inside_of_something_else() -> None:
    """A refused node leaves no hole in the tree on which the visitors above it would fail."""
    assert "Await is not available" in refused("x = (a for a in (await b))")
    assert "JoinedStr" not in refused("x = f'{await b}'[await c]")
