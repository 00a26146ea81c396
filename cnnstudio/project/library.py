"""Library: a person's own blocks, a file each, offered again in every network. Files are read as hostile."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

from cnnstudio.blocks.group import Group
from cnnstudio.disk import reason, shown, size_of
from cnnstudio.folders import library_folder
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project, ProjectError, dumps, loads, read, write
from cnnstudio.project.limits import LARGEST
from cnnstudio.wording import printable

MOST_FILES = 300
SUFFIX = ".cnn"
_FULL = f"The library has room for {MOST_FILES} groups and {LARGEST // 2**20} MB."
_NODE = "group1"


@dataclass(frozen=True)
class Kept:
    """A group of the library and its file."""

    group: Group
    path: Path

    @property
    def label(self) -> str:
        """What it is called, on one line."""
        return printable(" ".join(self.group.label.split())) or "Group"


@dataclass(frozen=True)
class Library:
    """Every group of a person's own, by name, and sentences about the files that hold none."""

    groups: tuple[Kept, ...]
    troubles: tuple[str, ...] = ()


def read_library() -> Library:
    """The library as it is on the disk now; what cannot be read is passed over and told of in ``troubles``."""
    found: list[Kept] = []
    troubles: list[str] = []
    folder = library_folder()
    paths = _files(folder)
    room = LARGEST
    for number, path in enumerate(paths):
        room -= size_of(path)
        if number >= MOST_FILES or room < 0:
            troubles.append(f"{_FULL} {shown(path)} and what comes after it, by name, is not read.")
            break
        try:
            found.append(Kept(unpacked(read(path)), path))
        except ProjectError as error:
            troubles.append(str(error))
    return Library(tuple(sorted(found, key=lambda kept: (kept.label.casefold(), kept.path.name))), tuple(troubles))


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    except OSError:
        return []


def keep(group: Group, library: Library) -> Kept:
    """Put a group in the library; one that differs from a group of its name gets a number behind its name.

    Raises ``ProjectError`` with a sentence where the file cannot be written.
    """
    for kept in library.groups:
        if kept.group == group:
            return kept
    labels = {kept.group.label for kept in library.groups}
    stem = group.label.strip() or "Group"
    label = next(each for each in (stem, *(f"{stem[:190]} {n}" for n in range(2, 10_000))) if each not in labels)
    made = dataclasses.replace(group, label=label)
    try:
        library_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(f"{label} was not kept: the folder library cannot be made, {reason(error)}.") from error
    path, project = _free_path(label), packed(made)
    files = _files(library_folder())
    if len(files) >= MOST_FILES or sum(map(size_of, files)) + len(dumps(project).encode()) > LARGEST:
        raise ProjectError(f"{label} was not kept: {_FULL[0].lower()}{_FULL[1:]}")
    write(path, project)
    return Kept(made, path)


def remove(kept: Kept) -> None:
    """Delete a group for good. Raises ``ProjectError`` with a sentence where that cannot be done."""
    try:
        kept.path.unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(f"{kept.label} was not removed: {reason(error)}.") from error


def _free_path(label: str) -> Path:
    stem = re.sub(r"[^a-z0-9]+", "-", label.casefold()).strip("-")[:40] or "group"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
    return next(path for name in names if not (path := library_folder() / f"{name}{SUFFIX}").exists())


def packed(group: Group) -> Project:
    """A project that holds this group alone."""
    return Project(Graph.of((Node(_NODE, group),)))


def unpacked(project: Project) -> Group:
    """The group that a project holds alone. Raises ``ProjectError``."""
    blocks = [node.block for node in project.graph]
    if len(blocks) == 1 and isinstance(blocks[0], Group):
        return blocks[0]
    raise ProjectError("A file of the library holds one group and nothing else; this one does not.")


def as_text(group: Group) -> str:
    """A group as text that ``from_text`` reads, for a drag."""
    return dumps(packed(group))


def from_text(text: str) -> Group:
    """The group in this text. Raises ``ProjectError``."""
    return unpacked(loads(text))
