"""Compiled scripts, kept by the app and the exact sources that they were made of."""

from __future__ import annotations

from collections import OrderedDict

from scripting.model import Language, Program

# (app, language, path, source, the other sources): the texts themselves, so no two programs ever share an entry.
Key = tuple[str, Language, str, str, frozenset[tuple[str, str]]]


def key(app: str, program: Program) -> Key:
    """What makes a program of an app what it is. Texts keep their hashes, so asking again costs little."""
    return (app, program.language, program.path, program.source, frozenset(program.sources.items()))


class Images:
    """The images used last, at most `most_bytes` of them."""

    def __init__(self, *, most_bytes: int = 32 * 1024 * 1024) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._images: OrderedDict[Key, str] = OrderedDict()

    def get(self, key: Key) -> str:
        """The image, or nothing."""
        image = self._images.get(key, "")
        if image:
            self._images.move_to_end(key)
        return image

    def put(self, key: Key, image: str) -> None:
        """Keeps an image, and lets go of those that were not used for longest."""
        self._bytes += len(image) - len(self._images.pop(key, ""))
        self._images[key] = image
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._images.popitem(last=False)[1])
