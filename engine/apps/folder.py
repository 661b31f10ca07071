"""An app's folder on disk: app.toml, the scripts and the data files, read and checked as one.

    app.toml                         what the app declares (docs/scripting.md)
    actions/ listeners/ endpoints/   scripts, .js or .py
    lib/                             scripts that others share
    data/                            .csv, .tsv, .txt and .json files, uploaded under their path

A folder with manifest.json instead is an app of Freshworks' kind (engine/apps/freshworks.py): server.js, lib/, server/.

Loading either gives a folder in which everything fits together, or one ConfigError with every problem.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.apps import freshworks
from engine.apps.declarations import read_manifest
from engine.apps.manifest import Manifest
from engine.apps.source import LANGUAGES, Unreadable, read_source
from engine.apps.toml import Problems, Table
from engine.errors import ConfigError

SCRIPT_FOLDERS = ("actions", "listeners", "endpoints", "lib")
DATA_SUFFIXES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".json": "application/json",
}
CHUNK = 1 << 18

Check = Callable[[str, str, str], Awaitable[str | None]]
"""(language, path, source) -> what is wrong with the script, with its line; None if nothing is."""


@dataclass(frozen=True, slots=True)
class Script:
    """One script; `path` is relative to the app's folder, with slashes; `language` javascript or python."""

    path: str
    language: str
    source: str


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file to upload as `name`, such as data/companies.csv; `size` in bytes."""

    name: str
    path: Path
    content_type: str
    size: int
    sha256: str

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes, 256 KiB at a time."""
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


@dataclass(frozen=True, slots=True)
class AppFolder:
    """A checked app, ready to be pushed. `sha256` is that of everything in it."""

    path: Path
    manifest: Manifest
    scripts: tuple[Script, ...]
    files: tuple[DataFile, ...]
    sha256: str


def load_folder(path: str | Path, *, name: str | None = None) -> AppFolder:
    """The app in this folder; ConfigError that lists everything that is wrong with it.

    `name` is for an app of Freshworks' kind, which does not say what it is called; else the folder's name.
    """
    folder = Path(path)
    problems = Problems()
    if (folder / freshworks.MANIFEST).is_file() and not (folder / "app.toml").exists():
        return _load_freshworks(folder, name or folder.resolve().name, problems)
    text = _read_text(folder, "app.toml")
    root = Table.parse(text, file="app.toml", problems=problems)
    scripts = _scripts(folder, problems)
    files = tuple(_data_file(folder, found) for found in _walk(folder, "data") if found.suffix in DATA_SUFFIXES)
    if root is None:
        raise refusal(folder, problems.found)
    manifest = read_manifest(root)
    _check_scripts_exist(root, manifest, folder, scripts)
    _check_seeds_exist(root, manifest, files)
    if problems.found:
        raise refusal(folder, problems.found)
    return AppFolder(folder, manifest, scripts, files, _digest(manifest, scripts, files))


def _load_freshworks(folder: Path, name: str, problems: Problems) -> AppFolder:
    """The app with a script for each of its jobs, which calls the function that its server.js exports."""
    text = _read_text(folder, freshworks.MANIFEST)
    found = [folder / freshworks.SERVER] if (folder / freshworks.SERVER).is_file() else []
    found += [path for each in freshworks.FOLDERS for path in _walk(folder, each)]
    own = [script for path in found if (script := _script(folder, path, problems)) is not None]
    app = freshworks.read(text, name, [script.path for script in own], problems)
    if app is None or problems.found:
        raise refusal(folder, problems.found)
    entries = [Script(path, "javascript", source) for path, source in app.entries.items()]
    scripts = (*(script for script in own if script.language == "javascript"), *entries)
    return AppFolder(folder, app.manifest, scripts, (), _digest(app.manifest, scripts, ()))


async def check_scripts(folder: AppFolder, check: Check) -> None:
    """Pass if `check` finds nothing wrong with any script; else ConfigError with every finding."""
    found = await asyncio.gather(*(check(script.language, script.path, script.source) for script in folder.scripts))
    if problems := [problem for problem in found if problem is not None]:
        raise refusal(folder.path, problems)


def refusal(folder: Path, problems: list[str]) -> ConfigError:
    """The one error for everything that is wrong with an app folder."""
    lines = "".join("\n  " + problem.replace("\n", "\n  ") for problem in problems)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ConfigError(f"the app in {folder} has {count}:{lines}", additional_info={"problems": problems})


def _read_text(folder: Path, name: str) -> str:
    if not folder.is_dir():
        raise ConfigError.field("app folder", str(folder), "a folder with an app.toml")
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise refusal(folder, [f"{name}: there is no such file; an app's folder needs one"]) from None
    except UnicodeDecodeError as error:
        raise refusal(folder, [f"{name}:{_line(error)}: is not UTF-8"]) from None
    except OSError as error:
        raise refusal(folder, [f"{name}: cannot be read: {error.strerror}"]) from None


def _line(error: UnicodeDecodeError) -> int:
    return bytes(error.object[: error.start]).count(b"\n") + 1


def _walk(folder: Path, name: str) -> list[Path]:
    """The files below a folder of the app, sorted; hidden ones and links out of the app are not part of it."""
    base = folder.resolve()
    files = (found for found in sorted((folder / name).rglob("*")) if found.is_file())
    visible = (found for found in files if not any(part.startswith(".") for part in found.relative_to(folder).parts))
    return [found for found in visible if found.resolve().is_relative_to(base)]


def _scripts(folder: Path, problems: Problems) -> tuple[Script, ...]:
    found = (_script(folder, path, problems) for name in SCRIPT_FOLDERS for path in _walk(folder, name))
    return tuple(script for script in found if script is not None)


def _script(folder: Path, path: Path, problems: Problems) -> Script | None:
    name = path.relative_to(folder).as_posix()
    if path.suffix not in LANGUAGES:
        return None
    try:
        return Script(name, LANGUAGES[path.suffix], read_source(path))
    except Unreadable as error:
        problems.add(f"{name}:{error.line}" if error.line else name, str(error))
    return None


def _data_file(folder: Path, path: Path) -> DataFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    name = path.relative_to(folder).as_posix()
    return DataFile(name, path, DATA_SUFFIXES[path.suffix], size, digest.hexdigest())


def _references(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for entity in manifest.entities.values():
        for action in entity.actions.values():
            yield f"entities.{entity.name}.actions.{action.name}.script", action.script
    for kind in ("actions", "listeners", "endpoints"):
        for name, item in getattr(manifest, kind).items():
            yield f"{kind}.{name}.script", item.script


def _check_scripts_exist(root: Table, manifest: Manifest, folder: Path, scripts: tuple[Script, ...]) -> None:
    known = {script.path for script in scripts}
    broken = {problem.split(":")[0] for problem in root.problems.found}
    for where, path in _references(manifest):
        if not path or path in known or path in broken:
            continue
        if Path(path).suffix not in LANGUAGES:
            root.complain(where, f"{path!r} is in no language that is known; expected a .js or a .py file")
        elif Path(path).parts[0] not in SCRIPT_FOLDERS:
            root.complain(where, f"{path!r} is not below {', '.join(f'{name}/' for name in SCRIPT_FOLDERS)}")
        else:
            root.complain(where, f"there is no file {path!r} in {folder}")


def _check_seeds_exist(root: Table, manifest: Manifest, files: tuple[DataFile, ...]) -> None:
    known = {file.name for file in files}
    for entity in manifest.entities.values():
        if entity.seed is not None and entity.seed not in known:
            there = ", ".join(sorted(known)) or "none in data/"
            root.complain(f"data.{entity.name}", f"there is no file {entity.seed!r}; the files: {there}")


def _digest(manifest: Manifest, scripts: tuple[Script, ...], files: tuple[DataFile, ...]) -> str:
    everything = [
        manifest.to_json(),
        [[script.path, script.language, script.source] for script in scripts],
        [[file.name, file.size, file.sha256] for file in files],
    ]
    text = json.dumps(everything, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
