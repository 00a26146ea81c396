"""Project: a graph and a recipe, and the .cnn file that holds them. Nothing that a file says is ever executed.

The file is JSON with a node a line, so that a diff shows the nodes that changed. A node writes only the parameters
that differ from their defaults: a default of a block is part of the format, and to change one is a new version with
an entry in ``UPGRADES``. The recipe is written in full, as the record of an experiment. Frames stand in a list of
their own, where there are any: a file without them is what it was before there were frames, and a CNN Studio that
knows of none refuses a file with them by the name of that list.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import cnnstudio.blocks  # noqa: F401 - fills BLOCKS
from cnnstudio.disk import DiskError, replacing
from cnnstudio.disk import read as read_file
from cnnstudio.graph import (
    BLOCKS,
    Declaration,
    Frame,
    Graph,
    GraphError,
    NamingError,
    Node,
    ParameterError,
    Position,
    checked_name,
    parameters,
)
from cnnstudio.recipe import Recipe
from cnnstudio.zoo import NETWORKS, TEMPLATES

FORMAT = "cnnstudio"
VERSION = 1
LARGEST = 8 * 2**20  # bytes of a file
MOST_NODES = 10_000
MOST_INPUTS = 1_000  # of one node
DEEPEST = 20  # groups in groups
MOST_WIRES = 100_000
FARTHEST = 1e7  # scene pixels from the origin; beyond, Qt's arithmetic loses whole pixels

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version -> the function that makes a file of that version one of the next. It may raise anything on nonsense."""

D = TypeVar("D", bound=Declaration)


class ProjectError(ValueError):
    """A project that cannot be read or written; the message is a sentence that names the place."""


@dataclass(frozen=True)
class Project:
    """What a person works on: the network and how it is trained. A value; the file's name is not part of it."""

    graph: Graph = field(default_factory=Graph)
    recipe: Recipe = field(default_factory=Recipe)


_RECIPES = {
    "lenet5": Recipe(),
    # with Adam the dense head of the small VGG stays at chance
    "vgg-small": Recipe(
        data="shapes", epochs=8, optimizer="SGD", learning_rate=0.02, schedule="one-cycle", weight_decay=5e-4
    ),
    "small-resnet": Recipe(
        data="shapes", epochs=4, optimizer="AdamW", learning_rate=0.001, schedule="one-cycle", weight_decay=0.01
    ),
    # the rate is for the head; a backbone that is unfrozen later learns at a tenth of it
    "transfer": Recipe(
        data="shapes", epochs=6, optimizer="AdamW", learning_rate=0.005, weights="torchvision", backbone_rate=0.1
    ),
}


def from_template(key: str, small: bool = False) -> Project:
    """A new project: a network of ``zoo.TEMPLATES`` or ``zoo.NETWORKS`` and a recipe that suits it.

    ``small`` takes the variant for images of 32 × 32. The classes are those of the recipe's data.
    """
    template = TEMPLATES[key] if key in TEMPLATES else NETWORKS[key]
    template = template.small if small else template
    otherwise: dict[str, Any] = {"data": template.data}
    return Project(template.make(template.classes, template.size), _RECIPES.get(key) or Recipe(**otherwise))


class NodeEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A node as it stands in the file."""

    name: str
    block: str
    parameters: dict[str, Any] = {}  # msgspec copies an empty default
    inputs: list[str | None] = []
    position: tuple[float, float] = (0.0, 0.0)


class FrameEntry(msgspec.Struct, forbid_unknown_fields=True):
    """A frame as it stands in the file."""

    title: str
    hue: int
    members: list[str]


class BodyEntry(msgspec.Struct, forbid_unknown_fields=True):
    """The graph inside a group."""

    nodes: list[NodeEntry]
    frames: list[FrameEntry] = []


class ProjectFile(msgspec.Struct, forbid_unknown_fields=True):
    """The whole file."""

    format: str
    version: int
    nodes: list[NodeEntry]
    frames: list[FrameEntry] = []
    recipe: dict[str, Any] = {}


def read(path: Path) -> Project:
    """The project in this file. Raises ``ProjectError`` that names the file and the place in it."""
    try:
        return loads(read_file(path, LARGEST))
    except DiskError as error:
        raise ProjectError(str(error)) from error
    except ProjectError as error:
        raise ProjectError(f"{path.name} cannot be opened: {error}") from error


def write(path: Path, project: Project) -> None:
    """Put the project in this file, whole or not at all: what is there stays until the new file is safe.

    Raises ``ProjectError`` that names the file and the reason.
    """
    try:
        data = dumps(project).encode()
        if loads(data) != project:
            raise ProjectError("The project would not be the same when read back.")
        with replacing(path) as temporary:
            temporary.write_bytes(data)
            if temporary.read_bytes() != data:
                raise DiskError(f"{path.name} was not written: the disk did not keep what was put there.")
    except RecursionError as error:
        raise ProjectError(f"{path.name} was not written: groups may stand in groups {DEEPEST} deep.") from error
    except UnicodeEncodeError as error:
        raise ProjectError(f"{path.name} was not written: a text in it has letters that no file can hold.") from error
    except ProjectError as error:
        raise ProjectError(f"{path.name} was not written: {error}") from error
    except DiskError as error:
        raise ProjectError(str(error)) from error


def dumps(project: Project) -> str:
    """The text of a .cnn file; the same text for equal projects whose nodes are in the same order."""
    recipe = ",\n".join(f"    {_text(key)}: {_text(value)}" for key, value in project.recipe.values.items())
    lists = "".join(f'  "{key}": {_text(entries, "  ")},\n' for key, entries in _entries(project.graph).items())
    return f'{{\n  "format": "{FORMAT}",\n  "version": {VERSION},\n{lists}  "recipe": {{\n{recipe}\n  }}\n}}\n'


def loads(text: str | bytes) -> Project:
    """The project in the text of a .cnn file. Raises ``ProjectError`` that names the place, and nothing else."""
    try:
        file = _validated(_upgraded(_decoded(text)))
        return Project(_graph(file), _made(Recipe, file.recipe, "In the recipe"))
    except RecursionError as error:
        raise ProjectError("It is nested too deeply to be a project.") from error


# writing


def _entries(graph: Graph) -> dict[str, Any]:
    """The nodes, and the frames where there are any, each with its nodes in the order of the graph."""
    entries: dict[str, Any] = {"nodes": [_entry(node) for node in graph]}
    if graph.frames:
        places = {name: place for place, name in enumerate(graph.nodes)}
        entries["frames"] = [
            {"title": frame.title, "hue": frame.hue, "members": sorted(frame.members, key=places.__getitem__)}
            for frame in graph.frames
        ]
    return entries


def _entry(node: Node) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": node.name, "block": type(node.block).__name__}
    if changed := node.block.changed_values:
        entry["parameters"] = changed
    if node.inputs:
        entry["inputs"] = node.inputs
    entry["position"] = [int(x) if float(x).is_integer() else float(x) for x in node.position]
    return entry


def _text(value: Any, indent: str = "") -> str:
    """JSON in one line, but for the nodes of a graph: each has a line of its own, a step further in than ``indent``."""
    if isinstance(value, Graph):
        return _text(_entries(value), indent)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(key)}: {_text(entry, indent)}' for key, entry in value.items())}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        lines = ",\n".join(f"{indent}  {_text(entry, f'{indent}  ')}" for entry in value)
        return f"[\n{lines}\n{indent}]"
    # -0.0 equals 0.0 and is written like it
    return json.dumps(value + 0.0 if isinstance(value, float) else value, ensure_ascii=False)


# reading


def _decoded(text: str | bytes) -> dict[str, Any]:
    try:
        data = (text.encode() if isinstance(text, str) else text).removeprefix(b"\xef\xbb\xbf")  # Notepad writes one
        found = msgspec.json.decode(data.decode())
    except UnicodeError as error:
        raise ProjectError("It is no text in UTF-8, so it is no project of CNN Studio, or it is damaged.") from error
    except msgspec.ValidationError as error:
        raise ProjectError("One of its numbers is too large for a computer.") from error
    except msgspec.DecodeError as error:
        raise ProjectError(_malformed(data, str(error))) from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ProjectError(f'It is no project of CNN Studio: it does not begin with "format": "{FORMAT}".')
    return found


def _malformed(data: bytes, complaint: str) -> str:
    if not data.strip():
        return "It is empty."
    if "truncated" in complaint:
        return f"It breaks off at line {data.count(10) + 1}: its end is missing."
    place = re.search(r"\(byte (\d+)\)", complaint)
    before = data[: int(place.group(1))] if place else b""
    line, column = before.count(10) + 1, len(before) - before.rfind(10)
    return f"It is no valid JSON: something is wrong at line {line}, column {column}."


def _upgraded(found: dict[str, Any]) -> dict[str, Any]:
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ProjectError("Its version must be a whole number from 1.")
    if version > VERSION:
        shown = str(version) if version < 10**9 else "of many digits"
        raise ProjectError(
            f"It is of version {shown} and comes from a newer CNN Studio; this one reads up to version {VERSION}. "
            "Update CNN Studio to open it."
        )
    for older in range(version, VERSION):
        try:
            found = {**UPGRADES[older](found), "version": older + 1}
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ProjectError(f"It is of version {older} and damaged, so it cannot be brought up to date.") from error
    return found


def _validated(found: dict[str, Any]) -> ProjectFile:
    try:
        return msgspec.convert(found, ProjectFile)
    except msgspec.ValidationError as error:
        raise ProjectError(_refusal(str(error), found)) from error


def _refusal(complaint: str, found: dict[str, Any], outer: str = "") -> str:
    """A complaint of msgspec in words: which node, which part of it, what stands there."""
    message, _, path = complaint.partition(" - at `$")
    index = re.match(r"\.(nodes|frames)\[(\d+)\]", path)
    where = outer or "In the file"
    if index:
        entry, number = found[index.group(1)][int(index.group(2))], int(index.group(2)) + 1
        if index.group(1) == "nodes":
            where = _place(number, entry.get("name") if isinstance(entry, dict) else None, outer)
        else:
            where = _frame_place(number, outer)
        path = path[index.end() :]
    if part := re.match(r"\.(\w+)", path):
        where = f"{where}, {part.group(1)}"
    if wrong := re.fullmatch(r"Expected `(.+?)`(?: of length (\d+))?, got (.+)", message):
        wanted, length, got = wrong.groups()
        if length:
            return f"{where}: {length} entries are needed, not {got}."
        return f"{where}: {_in_words(wanted)} is needed, not {_in_words(got.strip('`'))}."
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", message):
        return f"{where}: {missing.group(1)} is missing."
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        return f"{where}: {_quoted(unknown.group(1))} is nothing that belongs there."
    return f"{where}: the value is not what belongs there."


_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a group in braces",
    "null": "null",
}


def _in_words(types: str) -> str:
    return " or ".join(_WORDS.get(kind, kind) for kind in types.split(" | "))


def _graph(file: ProjectFile | BodyEntry, outer: str = "", depth: int = 0) -> Graph:
    """The graph of these nodes and frames; ``outer`` is the place of the group that they stand in."""
    entries = file.nodes
    before = f"{outer}: " if outer else ""
    if len(entries) > MOST_NODES:
        raise ProjectError(f"{before}It has {len(entries):,} nodes; {MOST_NODES:,} are allowed.")
    if (wires := sum(len(entry.inputs) for entry in entries)) > MOST_WIRES:
        raise ProjectError(f"{before}It has {wires:,} wires; {MOST_WIRES:,} are allowed.")
    try:
        frames = [_frame(entry, number, outer) for number, entry in enumerate(file.frames, 1)]
        return Graph.of((_node(entry, number, outer, depth) for number, entry in enumerate(entries, 1)), frames)
    except GraphError as error:
        raise ProjectError(f"{before}{_short(str(error))}") from error


def _body(value: Any, place: str, depth: int) -> Any:
    """The graph that is the parameter of a group."""
    if not isinstance(value, dict):
        return value  # coerce says what was wanted
    if depth > DEEPEST:
        raise ProjectError(f"{place}: groups may stand in groups {DEEPEST} deep.")
    try:
        body = msgspec.convert(value, BodyEntry)
    except msgspec.ValidationError as error:
        raise ProjectError(_refusal(str(error), value, place)) from error
    return _graph(body, place, depth)


def _frame(entry: FrameEntry, number: int, outer: str) -> Frame:
    place = _frame_place(number, outer)
    if len(set(entry.members)) != len(entry.members):
        raise ProjectError(f"{place}: a member is named twice.")
    try:
        return Frame(entry.title, entry.hue, frozenset(entry.members))
    except GraphError as error:
        raise ProjectError(f"{place}: {_short(str(error))}") from error


def _node(entry: NodeEntry, number: int, outer: str, depth: int) -> Node:
    place = _place(number, entry.name, outer)
    try:
        checked_name(entry.name)
        if len(entry.inputs) > MOST_INPUTS:
            raise ProjectError(f"{place}: it has {len(entry.inputs):,} inputs; {MOST_INPUTS:,} are allowed.")
        cls = BLOCKS.get(entry.block)
        if cls is None:
            raise ProjectError(f"{place}: there is no block {_quoted(entry.block)}{_meant(entry.block, BLOCKS)}.")
        made = _made(cls, entry.parameters, place, depth)
        return Node(entry.name, made, tuple(entry.inputs), _position(entry, place))
    except (NamingError, GraphError) as error:
        raise ProjectError(f"{place}: {_short(str(error))}") from error


def _made(cls: type[D], values: Mapping[str, Any], place: str, depth: int = 0) -> D:
    """The declaration with these values, each checked under its own name."""
    known = {parameter.name: parameter for parameter in parameters(cls)}
    for name in values:
        if name not in known:
            raise ProjectError(f"{place}: there is no parameter {_quoted(name)}{_meant(name, known)}.")
    for name, parameter in known.items():
        if parameter.default is MISSING and name not in values:
            raise ProjectError(f"{place}: {name} is missing.")
    try:
        return cls(**{k: _body(v, place, depth + 1) if known[k].type is Graph else v for k, v in values.items()})
    except ParameterError as error:
        raise ProjectError(f"{place}: {_short(str(error))}") from error


def _position(entry: NodeEntry, place: str) -> Position:
    if not all(math.isfinite(x) and abs(x) <= FARTHEST for x in entry.position):
        raise ProjectError(f"{place}, position: both numbers must be from -{FARTHEST:,.0f} to {FARTHEST:,.0f}.")
    return entry.position


def _place(number: int, name: object, outer: str) -> str:
    return f"{f'{outer},' if outer else 'At'} node {number}" + (
        f" ({_short(name, 60)})" if isinstance(name, str) and name.isidentifier() else ""
    )


def _frame_place(number: int, outer: str) -> str:
    return f"{f'{outer},' if outer else 'At'} frame {number}"


def _meant(wrong: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(wrong[:60], known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _quoted(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:57]!r}…"


def _short(text: str, most: int = 400) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
