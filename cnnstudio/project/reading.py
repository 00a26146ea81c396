"""Reading: from a .cnn file to a project. Nothing that the file says is ever executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import cnnstudio.blocks  # noqa: F401 - fills BLOCKS
from cnnstudio.disk import DiskError, shown
from cnnstudio.disk import read as read_file
from cnnstudio.graph import (
    BLOCKS,
    Declaration,
    Frame,
    Graph,
    GraphError,
    NamingError,
    Node,
    Note,
    ParameterError,
    checked_name,
    parameters,
)
from cnnstudio.graph.names import meant, quoted
from cnnstudio.graph.node import OUT_OF_BOUNDS, is_near
from cnnstudio.graph.parameter import declared
from cnnstudio.project import limits
from cnnstudio.project.corrections import MOST_CORRECTIONS, Correction
from cnnstudio.project.file_format import (
    FORMAT,
    BodyEntry,
    BookmarkEntry,
    CorrectionEntry,
    FrameEntry,
    NodeEntry,
    NoteEntry,
    ProjectFile,
    RunEntry,
    upgraded,
)
from cnnstudio.project.project import DEEPEST, MOST_BOOKMARKS, Bookmark, Project, ProjectError, RunReference
from cnnstudio.project.recipe import Recipe
from cnnstudio.project.recipe_paths import anchored
from cnnstudio.project.refusals import malformed, place, refusal, short

D = TypeVar("D", bound=Declaration)
LARGEST_COPY, DEEPEST_COPY = 2**30, 200  # bytes of a copy of our own, and groups in groups in it


def read(path: Path, is_bounded: bool = True) -> Project:
    """The project in this file, what its recipe names found from there.

    A copy of our own, which must come back whatever is in it, is read without the bounds of ``limits``. Raises
    ``ProjectError`` that names the file and the place in it.
    """
    try:
        project = loads(read_file(path, limits.LARGEST if is_bounded else LARGEST_COPY), is_bounded)
        return replace(project, recipe=anchored(project.recipe, path.parent))
    except DiskError as error:
        raise ProjectError(str(error)) from error
    except ProjectError as error:
        raise ProjectError(f"{shown(path)} cannot be opened: {error}") from error


def loads(text: str | bytes, is_bounded: bool = True) -> Project:
    """The project in the text of a .cnn file. Raises ``ProjectError`` that names the place, and nothing else."""
    try:
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if is_bounded:
            limits.require_size(len(data))
            limits.require_few_parts(data)
        found = upgraded(_decoded(data))
        if is_bounded:
            limits.require_room(found)
        file = _validated(found)
        recipe = _made(Recipe, file.recipe, "In the recipe")
        graph = _graph(file, depth=0 if is_bounded else -DEEPEST_COPY)
        return Project(graph, recipe, _bookmarks(file.bookmarks), _run(file.run), _corrections(file.corrections))
    except RecursionError as error:
        raise ProjectError("It is nested too deeply to be a project.") from error


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        data = data.removeprefix(b"\xef\xbb\xbf")  # Notepad writes one
        found = msgspec.json.decode(data.decode())
    except UnicodeError as error:
        raise ProjectError("It is no text in UTF-8, so it is no project of CNN Studio, or it is damaged.") from error
    except msgspec.ValidationError as error:
        raise ProjectError("One of its numbers is too large for a computer.") from error
    except msgspec.DecodeError as error:
        raise ProjectError(malformed(data, str(error))) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ProjectError(f'It is no project of CNN Studio: it does not begin with "format": "{FORMAT}".')
    return found


def _validated(found: dict[str, Any]) -> ProjectFile:
    try:
        return msgspec.convert(found, ProjectFile)
    except msgspec.ValidationError as error:
        raise ProjectError(refusal(str(error), found)) from error


def _graph(file: ProjectFile | BodyEntry, outer: str = "", depth: int = 0) -> Graph:
    """The graph of these nodes, frames and notes; ``outer`` is the place of the group that they stand in."""
    entries = file.nodes
    before = f"{outer}: " if outer else ""
    notes = [_note(entry, number, outer) for number, entry in enumerate(file.notes, 1)]
    try:
        frames = [_frame(entry, number, outer) for number, entry in enumerate(file.frames, 1)]
        return Graph.of((_node(entry, number, outer, depth) for number, entry in enumerate(entries, 1)), frames, notes)
    except GraphError as error:
        raise ProjectError(f"{before}{short(str(error))}") from error


def _body(value: Any, where: str, depth: int) -> Any:
    """The graph that is the parameter of a group."""
    if not isinstance(value, dict):
        return value  # coerce says what was wanted
    if depth > DEEPEST:
        raise ProjectError(f"{where}: groups may stand in groups {DEEPEST} deep.")
    try:
        body = msgspec.convert(value, BodyEntry)
    except msgspec.ValidationError as error:
        raise ProjectError(refusal(str(error), value, where)) from error
    return _graph(body, where, depth)


def _frame(entry: FrameEntry, number: int, outer: str) -> Frame:
    where = place("frame", number, outer)
    if len(set(entry.members)) != len(entry.members):
        raise ProjectError(f"{where}: a member is named twice.")
    try:
        return Frame(entry.title, entry.hue, frozenset(entry.members))
    except GraphError as error:
        raise ProjectError(f"{where}: {short(str(error))}") from error


def _note(entry: NoteEntry, number: int, outer: str) -> Note:
    try:
        return Note(entry.text, entry.position, entry.size, entry.hue)
    except GraphError as error:
        raise ProjectError(f"{place('note', number, outer)}: {short(str(error))}") from error


def _bookmarks(entries: list[BookmarkEntry]) -> tuple[Bookmark, ...]:
    if len(entries) > MOST_BOOKMARKS:
        raise ProjectError(f"It has {len(entries):,} bookmarks; {MOST_BOOKMARKS} are allowed.")
    made = []
    for number, entry in enumerate(entries, 1):
        try:
            made.append(Bookmark(entry.name, tuple(entry.scope), entry.center, entry.zoom))
        except ProjectError as error:
            raise ProjectError(f"{place('bookmark', number)}: {error}") from error
    return tuple(made)


def _corrections(entries: list[CorrectionEntry]) -> tuple[Correction, ...]:
    if len(entries) > MOST_CORRECTIONS:
        raise ProjectError(f"It has {len(entries):,} corrections of images; {MOST_CORRECTIONS:,} are allowed.")
    made: dict[tuple[str, str], Correction] = {}
    for number, entry in enumerate(entries, 1):
        correction = Correction(entry.data, entry.picture, entry.label, entry.left_out)
        key = correction.data, correction.picture
        reason = correction.refusal or ("Its picture has one already." if key in made else "")
        if reason:
            raise ProjectError(f"{place('correction', number)}: {reason}")
        made[key] = correction
    return tuple(made[key] for key in sorted(made))


def _run(entry: RunEntry | None) -> RunReference | None:
    try:
        return None if entry is None else RunReference(entry.folder, entry.epoch)
    except ProjectError as error:
        raise ProjectError(f"In the file, run: {error}") from error


def _node(entry: NodeEntry, number: int, outer: str, depth: int) -> Node:
    where = place("node", number, outer, entry.name)
    try:
        checked_name(entry.name)
        if len(entry.inputs) > limits.MOST_INPUTS:
            raise ProjectError(f"{where}: it has {len(entry.inputs):,} inputs; {limits.MOST_INPUTS:,} are allowed.")
        cls = BLOCKS.get(entry.block)
        if cls is None:
            raise ProjectError(f"{where}: there is no block {quoted(entry.block)}{meant(entry.block, BLOCKS)}.")
        made = _made(cls, entry.parameters, where, depth)
        if not is_near(entry.position):
            raise ProjectError(f"{where}, position: {OUT_OF_BOUNDS}.")
        bends = tuple(tuple(row) for row in entry.bends)
        node = Node(entry.name, made, tuple(entry.inputs), entry.position, entry.bypassed, bends)
    except (NamingError, GraphError) as error:
        raise ProjectError(f"{where}: {short(str(error))}") from error
    for port, row in enumerate(bends):
        if row and not node.bends_into(port):
            raise ProjectError(f"{where}, bends: nothing enters input {port + 1}, so nothing bends there.")
    return node


def _made(cls: type[D], values: Mapping[str, Any], where: str, depth: int = 0) -> D:
    """The declaration with these values, each checked under its own name."""
    bodies = {parameter.name for parameter in parameters(cls) if parameter.type is Graph}
    try:
        return declared(cls, {k: _body(v, where, depth + 1) if k in bodies else v for k, v in values.items()})
    except ParameterError as error:
        raise ProjectError(f"{where}: {short(str(error))}") from error
