"""Reading the source of one script from disk."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ConfigError

LANGUAGES = {".js": "javascript", ".py": "python"}
MAX_SOURCE = 1 << 20


class Unreadable(Exception):
    """A file is no source; `line` is where that shows, if it is a matter of a line."""

    def __init__(self, what: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(what)


def read_source(path: Path) -> str:
    """The text of a script; Unreadable if it is not UTF-8, is too long or cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_SOURCE:
        raise Unreadable(f"is {len(content)} bytes long; a script may have {MAX_SOURCE}")
    if b"\0" in content:
        raise Unreadable("has a character NUL", content[: content.index(0)].count(10) + 1)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8", content[: error.start].count(10) + 1) from None


def read_script(path: Path) -> tuple[str, str]:
    """The language and the source of a script that somebody named; ConfigError says what is wrong with it."""
    if path.is_dir():
        raise ConfigError.field("script", str(path), "a file; this is a folder (`headrace push` takes an app's folder)")
    if path.suffix not in LANGUAGES:
        raise ConfigError.field("script", str(path), "a file whose name ends with .js or .py")
    if not path.exists():
        raise ConfigError(f"there is no file {path}", additional_info={"path": str(path)})
    try:
        return LANGUAGES[path.suffix], read_source(path)
    except Unreadable as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        raise ConfigError(f"{where}: {error}", additional_info={"path": str(path)}) from None


def app_folder_of(path: Path) -> Path | None:
    """The nearest folder above the file that has an app.toml."""
    return next((folder for folder in path.resolve().parents if (folder / "app.toml").is_file()), None)
