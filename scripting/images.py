"""Compiled scripts, kept by the app and the exact sources that they were made of."""

from __future__ import annotations

from collections import Counter, OrderedDict

from scripting.model import Language, Program

# (app, language, path, source, the other sources): the texts themselves, so no two programs ever share an entry.
Key = tuple[str, Language, str, str, frozenset[tuple[str, str]]]


def key(app: str, program: Program) -> Key:
    """What makes a program of an app what it is. Texts keep their hashes, so asking again costs little."""
    return (app, program.language, program.path, program.source, frozenset(program.sources.items()))


class Images:
    """The images used last: at most `most_bytes` of them, of one app a quarter, and none above a sixteenth.

    They come from children, which may say anything: so none of them, and no app, makes much room for itself.
    """

    def __init__(self, *, most_bytes: int = 32 * 1024 * 1024) -> None:
        self._most_bytes = most_bytes
        self._bytes: Counter[str] = Counter()
        self._images: OrderedDict[Key, str] = OrderedDict()

    def get(self, key: Key) -> str:
        """The image, or nothing."""
        image = self._images.get(key, "")
        if image:
            self._images.move_to_end(key)
        return image

    def put(self, key: Key, image: str) -> None:
        """Keeps an image, unless it is too large, and lets go of those that were not used for longest."""
        self._drop(key)
        if len(image) > self._most_bytes // 16:
            return
        app = key[0]
        self._images[key] = image
        self._bytes[app] += len(image)
        while self._bytes[app] > self._most_bytes // 4:
            self._drop(next(each for each in self._images if each[0] == app))
        while self._bytes.total() > self._most_bytes:
            self._drop(next(iter(self._images)))

    def _drop(self, key: Key) -> None:
        self._bytes[key[0]] -= len(self._images.pop(key, ""))
        if not self._bytes[key[0]]:
            del self._bytes[key[0]]
