"""Writing: from a project to a .cnn file.

The file is JSON with a node a line, so that a diff shows the nodes that changed. A node writes only the parameters
that differ from their defaults: a default of a block is part of the format, and to change one is a new version with
an entry in ``UPGRADES``. The recipe is written in full, as the record of an experiment. Frames, notes and bookmarks
stand in lists of their own, as do corrections of images, and what a node is beside its block and its inputs, and the
run that the project has its weights from, in entries of their own, all of them only where there are any: a file
without them is what it was before there were such things, and a CNN Studio that knows none of them refuses a file that
has some by their name.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from cnnstudio.disk import DiskError, replacing, shown
from cnnstudio.graph import Declaration, Graph, Node, Position
from cnnstudio.project import file_format
from cnnstudio.project.corrections import Correction
from cnnstudio.project.limits import nearness
from cnnstudio.project.project import DEEPEST, Bookmark, Project, ProjectError
from cnnstudio.project.reading import loads
from cnnstudio.project.recipe_paths import told_from


def write(path: Path, project: Project, is_bounded: bool = True) -> None:
    """Put the project in this file, whole or not at all: what is there stays until the new file is safe.

    What could not be read back is not written; only a copy of our own, which is ``read`` so as well, may be beyond the
    bounds of ``limits``. Raises ``ProjectError`` that names the file and the reason.
    """
    project = replace(project, recipe=told_from(project.recipe, path.parent))
    try:
        data = _checked(project, is_bounded)
        with replacing(path) as temporary:
            temporary.write_bytes(data)
            if temporary.read_bytes() != data:
                raise DiskError(f"{shown(path)} was not written: the disk did not keep what was put there.")
    except (ProjectError, RecursionError, UnicodeEncodeError) as error:
        raise ProjectError(f"{shown(path)} was not written: {_sentence(error)}") from error
    except DiskError as error:
        raise ProjectError(str(error)) from error


class Room(NamedTuple):
    """Why no file can hold a project, as ``write`` would say, or else the limit that it is near; both mostly empty."""

    refusal: str = ""
    nearness: str = ""


def room(project: Project) -> Room:
    """Whether a file can hold this project. It takes as long as to write it."""
    try:
        return Room(nearness=nearness(len(_checked(project)), project.graph))
    except (ProjectError, RecursionError, UnicodeEncodeError) as error:
        return Room(refusal=_sentence(error))


def _checked(project: Project, is_bounded: bool = True) -> bytes:
    """The bytes of the file, which come back as the same project. Raises as ``dumps`` and ``loads`` do."""
    data = dumps(project).encode()
    if loads(data, is_bounded) != project:
        raise ProjectError("The project would not be the same when read back.")
    return data


def _sentence(error: Exception) -> str:
    """Why a project cannot be written."""
    if isinstance(error, RecursionError):
        return f"groups may stand in groups {DEEPEST} deep."
    return "a text in it has letters that no file can hold." if isinstance(error, UnicodeEncodeError) else str(error)


def dumps(project: Project) -> str:
    """The text of a .cnn file; the same text for equal projects whose nodes are in the same order."""
    recipe = ",\n".join(f"    {_text(key)}: {_text(value, '    ')}" for key, value in project.recipe.values.items())
    entries = _entries(project.graph)
    if project.bookmarks:
        entries["bookmarks"] = [_bookmark(bookmark) for bookmark in project.bookmarks]
    if project.run is not None:
        entries["run"] = {"folder": project.run.folder, "epoch": project.run.epoch}
    if project.corrections:
        entries["corrections"] = [_correction(correction) for correction in project.corrections]
    lists = "".join(f'  "{key}": {_text(entry, "  ")},\n' for key, entry in entries.items())
    kind = f'  "format": "{file_format.FORMAT}",\n  "version": {file_format.VERSION},\n'
    return f'{{\n{kind}{lists}  "recipe": {{\n{recipe}\n  }}\n}}\n'


def _entries(graph: Graph) -> dict[str, Any]:
    """The nodes, and the frames and notes where there are any; a frame has its nodes in the order of the graph."""
    entries: dict[str, Any] = {"nodes": [_entry(node) for node in graph]}
    if graph.frames:
        places = {name: place for place, name in enumerate(graph.nodes)}
        entries["frames"] = [
            {"title": frame.title, "hue": frame.hue, "members": sorted(frame.members, key=places.__getitem__)}
            for frame in graph.frames
        ]
    if graph.notes:
        entries["notes"] = [
            {"text": note.text, "position": _plain(note.position), "size": _plain(note.size), "hue": note.hue}
            for note in graph.notes
        ]
    return entries


def _bookmark(bookmark: Bookmark) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": bookmark.name}
    if bookmark.scope:
        entry["scope"] = list(bookmark.scope)
    return {**entry, "center": _plain(bookmark.center), "zoom": bookmark.zoom}


def _correction(correction: Correction) -> dict[str, Any]:
    entry: dict[str, Any] = {"data": correction.data, "picture": correction.picture}
    if correction.label:
        entry["label"] = correction.label
    if correction.left_out:
        entry["left_out"] = True
    return entry


def _entry(node: Node) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": node.name, "block": type(node.block).__name__}
    if changed := node.block.changed_values:
        entry["parameters"] = changed
    if node.inputs:
        entry["inputs"] = node.inputs
    entry["position"] = _plain(node.position)
    if node.bypassed:
        entry["bypassed"] = True
    if node.bends:
        entry["bends"] = [[_plain(place) for place in bends] for bends in node.bends]
    return entry


def _plain(numbers: Position) -> list[float]:
    """Whole numbers without a point."""
    return [int(x) if float(x).is_integer() else float(x) for x in numbers]


def _text(value: Any, indent: str = "") -> str:
    """JSON in one line, but for lists of nodes and of declarations, with a line for each a step in from ``indent``."""
    if isinstance(value, Graph):
        return _text(_entries(value), indent)
    if isinstance(value, tuple) and value and isinstance(value[0], Declaration):
        return _text([each.entry for each in value], indent)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(key)}: {_text(entry, indent)}' for key, entry in value.items())}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        lines = ",\n".join(f"{indent}  {_text(entry, f'{indent}  ')}" for entry in value)
        return f"[\n{lines}\n{indent}]"
    # -0.0 equals 0.0 and is written like it
    return json.dumps(value + 0.0 if isinstance(value, float) else value, ensure_ascii=False)
