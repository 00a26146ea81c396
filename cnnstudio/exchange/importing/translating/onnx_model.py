"""ONNX model: what an .onnx file holds, read from its bytes alone; no library, and nothing that a file could make run.

The messages and their numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cnnstudio.disk import DiskError, read, require_file, shown
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.translating.protobuf import Damaged, fields, message, reals, text, whole, wholes
from cnnstudio.wording import on_a_line

LARGEST = 2**31  # bytes: protobuf holds no more
MOST_NODES = 20_000
MOST_NUMBERS = 2**31  # of one tensor
LONGEST = 80  # letters of a name in a sentence

_KINDS = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8", 12: "<u4",
    13: "<u8",
}  # fmt: skip
_BFLOAT16 = 16


@dataclass(frozen=True)
class OnnxNode:
    """One operator: what it reads and gives by name; "" where an input is left out."""

    name: str
    operator: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What a sentence calls it: ``conv1 (Conv)``."""
        name = self.name or next(iter(self.outputs), "")
        return f"{on_a_line(name)[:LONGEST]} ({on_a_line(self.operator)[:LONGEST]})"


@dataclass(frozen=True)
class OnnxInput:
    """What a network is given; a size is 0 where the file leaves it open."""

    name: str
    sizes: tuple[int, ...]


@dataclass
class OnnxModel:
    """The graph of a file, whose ``tensors`` are its initialisers by their names in the graph."""

    opset: int = 1
    inputs: list[OnnxInput] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    nodes: list[OnnxNode] = field(default_factory=list)
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subgraph:
    """An attribute that holds a graph, as those of If, Loop and Scan do; nothing of it is read."""


def read_onnx(path: Path) -> OnnxModel:
    """What is in an .onnx file, with tensors in files beside it. Raises ``ImportRefused``."""
    try:
        return parsed(read(path, LARGEST), path.parent)
    except ImportRefused as error:
        raise ImportRefused(f"{shown(path)} cannot be imported. {error}") from error
    except (Damaged, ValueError, OverflowError, RecursionError) as error:
        raise ImportRefused(f"{shown(path)} is no ONNX file, or it is damaged.") from error
    except DiskError as error:
        raise ImportRefused(str(error)) from error


def parsed(data: bytes, folder: Path) -> OnnxModel:
    """The model in these bytes. Raises ``Damaged``, ``ImportRefused``."""
    model = OnnxModel()
    graph: memoryview | None = None
    for number, value in fields(memoryview(data)):
        match number:
            case 7:
                graph = message(value)
            case 8:
                domain, version = _opset(message(value))
                if domain in ("", "ai.onnx"):
                    model.opset = version
            case 14:
                key, told = _pair(message(value))
                model.metadata[key] = told
            case 25:
                raise ImportRefused("It defines operators of its own (local functions), which are not read here.")
    if graph is None:
        raise Damaged
    _read_graph(graph, model, folder)
    return model


def _read_graph(data: memoryview, model: OnnxModel, folder: Path) -> None:
    for number, value in fields(data):
        match number:
            case 1:
                if len(model.nodes) == MOST_NODES:
                    raise ImportRefused(f"It has more than {MOST_NODES:,} nodes.")
                model.nodes.append(_node(message(value), folder))
            case 5:
                name, tensor = _tensor(message(value), folder)
                model.tensors[name] = tensor
            case 11:
                model.inputs.append(_input(message(value)))
            case 12:
                model.outputs.append(_input(message(value)).name)
            case 15:
                raise ImportRefused("It holds sparse tensors, which are not read here.")
    model.inputs = [each for each in model.inputs if each.name not in model.tensors]  # as old files list them, too


def _opset(data: memoryview) -> tuple[str, int]:
    domain, version = "", 1
    for number, value in fields(data):
        if number == 1:
            domain = text(value)
        elif number == 2:
            version = whole(value)
    return domain, version


def _pair(data: memoryview) -> tuple[str, str]:
    told = {number: text(value) for number, value in fields(data) if number in (1, 2)}
    return told.get(1, ""), told.get(2, "")


def _node(data: memoryview, folder: Path) -> OnnxNode:
    inputs, outputs, words = [], [], dict.fromkeys((3, 4, 7), "")
    attributes: dict[str, Any] = {}
    for number, value in fields(data):
        if number == 1:
            inputs.append(text(value))
        elif number == 2:
            outputs.append(text(value))
        elif number == 5:
            name, held = _attribute(message(value), folder)
            attributes[name] = held
        elif number in words:
            words[number] = text(value)
    return OnnxNode(words[3], words[4], words[7], tuple(inputs), tuple(outputs), attributes)


def _attribute(data: memoryview, folder: Path) -> tuple[str, Any]:
    name, kind = "", 0
    one: Any = None
    many: list[Any] = []
    for number, value in fields(data):
        match number:
            case 1:
                name = text(value)
            case 2:
                one = float(reals(value)[0])
            case 3:
                one = whole(value)
            case 4:
                one = text(value)
            case 5:
                _, one = _tensor(message(value), folder)
            case 6 | 11:
                one = Subgraph()
            case 7:
                many += reals(value).tolist()
            case 8:
                many += wholes(value)
            case 9:
                many.append(text(value))
            case 20:
                kind = whole(value)
    if one is None and not many:  # a zero is not written
        return name, {1: 0.0, 2: 0, 3: ""}.get(kind, ())
    return name, tuple(many) if one is None else one


def _input(data: memoryview) -> OnnxInput:
    name, sizes = "", []
    for number, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 2:
            for _, kind in _only(message(value), 1):  # a tensor, and no sequence or map
                for _, shape in _only(kind, 2):
                    for _, dim in _only(shape, 1):
                        sizes.append(next((whole(size) for part, size in fields(dim) if part == 1), 0))
    return OnnxInput(name, tuple(max(0, size) for size in sizes))


def _only(data: memoryview, wanted: int) -> list[tuple[int, memoryview]]:
    return [(number, message(value)) for number, value in fields(data) if number == wanted]


def _tensor(data: memoryview, folder: Path) -> tuple[str, np.ndarray]:  # noqa: PLR0912 - a case a field
    name, kind, place = "", 0, 0
    sizes: list[int] = []
    outside: dict[str, str] = {}
    raw: memoryview | None = None
    listed: list[np.ndarray] = []
    for number, value in fields(data):
        match number:
            case 1:
                sizes += wholes(value)
            case 2:
                kind = whole(value)
            case 4:
                listed.append(reals(value))
            case 5 | 7 | 11:
                listed.append(np.array(list(wholes(value)), np.int64))
            case 8:
                name = text(value)
            case 9:
                raw = message(value)
            case 10:
                listed.append(reals(value, "<f8"))
            case 13:
                key, told = _pair(message(value))
                outside[key] = told
            case 14:
                place = whole(value)
    if kind not in _KINDS and kind != _BFLOAT16:
        raise ImportRefused(f"Its tensor {on_a_line(name)[:LONGEST]} holds what are no numbers of a kind that is read.")
    if any(size < 0 for size in sizes) or math.prod(sizes) > MOST_NUMBERS:
        raise Damaged
    width = 2 if kind == _BFLOAT16 else np.dtype(_KINDS[kind]).itemsize
    if place == 1:
        raw = _beside(folder, outside, math.prod(sizes) * width)
    if raw is None:
        return name, _listed(listed, kind).reshape(sizes)
    if kind == _BFLOAT16:
        return name, _widened(np.frombuffer(raw, "<u2")).reshape(sizes)
    return name, np.frombuffer(raw, _KINDS[kind]).reshape(sizes)


def _listed(parts: list[np.ndarray], kind: int) -> np.ndarray:
    """Numbers that stand one by one: halves as their bits, all else as what they are."""
    values = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    if kind == _BFLOAT16:
        return _widened(values.astype("<u2"))
    if kind == 10:
        return values.astype("<u2").view("<f2")
    return values.astype(_KINDS[kind])


def _widened(bits: np.ndarray) -> np.ndarray:
    return (bits.astype("<u4") << 16).view("<f4")


def _beside(folder: Path, told: Mapping[str, str], width: int) -> memoryview:
    """Bytes of a file beside the model; no other is opened. Raises ``ImportRefused``."""
    name = told.get("location", "")
    path = folder / name
    if not name or name in (".", "..") or any(sign in name for sign in "/\\:\0") or path.is_symlink():
        raise ImportRefused(
            f"Its weights are said to be in {on_a_line(name)[:LONGEST] or 'a file without a name'}; only a file right "
            "beside it is read."
        )
    try:
        offset, length = int(told.get("offset") or 0), int(told.get("length") or width)
        require_file(path)
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(width)
    except DiskError as error:
        raise ImportRefused(f"Its weights are in a file beside it. {error}") from error
    except (OSError, ValueError, OverflowError) as error:
        raise ImportRefused(f"Its weights in {shown(path)} cannot be read.") from error
    if length != width or len(data) != width:
        raise ImportRefused(f"{shown(path)} holds fewer numbers than the network needs.")
    return memoryview(data)
