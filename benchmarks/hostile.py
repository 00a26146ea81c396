"""Hostile files, each at its worst: what of the right size and the right form takes long, or much memory, to open.

``PROJECTS`` are texts of .cnn files, most of them just below the largest that is read, ``WEIGHTS`` write a file of
weights, ``RUNS`` what lies in the folder of a run.
"""

from __future__ import annotations

import json
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

SIZE = 8 * 2**20 - 2_000  # bytes of a file that is nearly too large
Entry = dict[str, Any]


def project(nodes: list[Entry], **more: Any) -> str:
    """The text of a file with these nodes."""
    return json.dumps({"format": "cnnstudio", "version": 1, "nodes": nodes, **more}, ensure_ascii=False)


def chain(blocks: Iterator[Entry], most: int, size: int = SIZE) -> list[Entry]:
    """An Input and as many of these blocks one behind the other as there is room for."""
    nodes: list[Entry] = [{"name": "i", "block": "Input", "parameters": {"size": [3, 32, 32]}}]
    room = size
    for number, block in enumerate(islice(blocks, most - 1)):
        entry = {"name": f"n{number}", "inputs": [nodes[-1]["name"]], "position": [number % 100 * 300, number], **block}
        room -= len(json.dumps(entry)) + 2
        if room < 0:
            break
        nodes.append(entry)
    return nodes


def same(block: str, **parameters: Any) -> Iterator[Entry]:
    """The same block for ever."""
    while True:
        yield {"block": block, "parameters": parameters}


def opaque(**texts: str) -> Iterator[Entry]:
    """Steps that are alike but for the last letters of their name, so that nothing is known of one from another."""
    for number in count():
        yield {"block": "Opaque", "parameters": {"operation": f"torch.abs{number}", **texts}}


def numbered(block: str, parameter: str, first: int, **others: Any) -> Iterator[Entry]:
    """A block with another value of a parameter each time."""
    for number in count(first):
        yield {"block": block, "parameters": {parameter: number, **others}}


def group(nodes: list[Entry], **more: Any) -> Entry:
    """A group of these nodes."""
    return {"block": "Group", "parameters": {"body": {"nodes": nodes}, **more}}


def nested(deep: int, wide: int, **more: Any) -> list[Entry]:
    """Groups in groups so deep, each with so many blocks beside the inner one."""
    nodes = chain(same("ReLU"), wide)
    for level in range(deep):
        beside = chain(same("ReLU"), wide)
        last = beside[-1]["name"]
        inner = {"name": f"g{level}", "inputs": [last], **group(nodes, label=f"Level {level}", **more)}
        nodes = [*beside, inner]
    return nodes


def stacked(frames: int) -> str:
    """So many frames round a node each, all at one place."""
    nodes = [
        {"name": f"n{number}", "block": "Input", "position": [number % 7, number % 11]} for number in range(frames)
    ]
    around = [{"title": f"F{n}", "hue": n % 360, "members": [f"n{n}"]} for n in range(frames)]
    return project(nodes, frames=around)


def noted(notes: int, letters: str, size: tuple[int, int]) -> str:
    """So many notes at one place, each with as many of these letters as there is room for."""
    room = min(4_000, SIZE // notes - 120)
    text = (letters * (room // len(letters) + 1))[:room]
    entries = [{"text": text, "position": [n, n], "size": size, "hue": n % 360} for n in range(notes)]
    return project(chain(same("ReLU"), 3), notes=entries)


def bent(bends: int) -> str:
    """A chain whose wires pass so many places."""
    nodes = chain(same("ReLU"), bends // 50 + 1)
    for node in nodes[1:]:
        node["bends"] = [[[n * 37 % 5_000, n * 91 % 5_000] for n in range(50)]]
    return project(nodes)


def copied(times: int) -> list[Entry]:
    """Groups of groups that repeat each other as often as is allowed."""
    nodes = chain(same("Conv2d", out_channels=3, padding=1), 4)
    for level in range(3):
        inner = {"name": f"g{level}", "inputs": ["i"], **group(nodes, repeat=64, label=f"Level {level}")}
        nodes = [{"name": "i", "block": "Input"}, inner]
    wide = [nodes[0]]
    for number in range(times):
        wide.append({**nodes[1], "name": f"w{number}", "inputs": [wide[-1]["name"]]})
    return wide


def other_networks(count: int) -> list[Entry]:
    """So many networks for images of other sizes."""
    nodes: list[Entry] = []
    for n in range(count):
        nodes.append({"name": f"i{n}", "block": "Input", "parameters": {"size": [3, 64 + n, 64]}})
        nodes.append(
            {"name": f"b{n}", "block": "Backbone", "inputs": [f"i{n}"], "parameters": {"model": "densenet201"}}
        )
    return nodes


def filled(piece: str, head: str = '{"format": "cnnstudio", "version": 1, "x": [', tail: str = "1]}") -> str:
    """A file of the same few letters over and over."""
    return head + piece * ((SIZE - len(head) - len(tail)) // len(piece.encode())) + tail


def circle(nodes: int) -> str:
    """So many nodes in a circle."""
    entries = [
        {"name": f"{'n' * 50}{number}", "block": "ReLU", "inputs": [f"{'n' * 50}{(number + 1) % nodes}"]}
        for number in range(nodes)
    ]
    return project(entries)


PROJECTS: dict[str, Callable[[], str]] = {
    "nodes, as many as are allowed": lambda: project(chain(same("Conv2d", out_channels=3, padding=1), 10_000)),
    "nodes, too many": lambda: project(chain(same("ReLU"), 200_000)),
    "blocks, each another": lambda: project(chain(numbered("InvertedResidual", "out_channels", 1), 10_000)),
    "networks, each another": lambda: project(other_networks(4_000)),
    "a few networks, each another": lambda: project(other_networks(900)),
    "networks in one block": lambda: project(
        chain(iter([]), 2)
        + [
            {"name": f"b{n}", "block": "Backbone", "inputs": ["i"], "parameters": {"model": "densenet201"}}
            for n in range(9_000)
        ]
    ),
    "a line of a million arguments": lambda: project(
        chain(opaque(arguments=", ".join(["{0}"] * 1_000_000)), 2, 10 * SIZE)
    ),
    "lines of many arguments": lambda: project(chain(opaque(arguments=", ".join(["{0}"] * 3_900)), 10_000)),
    "a million inputs": lambda: project(chain(opaque(takes="|" * 7_000_000), 2)),
    "steps of a thousand inputs": lambda: project(
        [
            {"name": f"n{n}", "block": "Opaque", "parameters": {"takes": "1 × 8 × 8|" * 999 + "1 × 8 × 8"}}
            for n in range(700)
        ]
    ),
    "tensors of many numbers": lambda: project(
        chain(
            (
                {
                    "block": "Opaque",
                    "parameters": {
                        "expression": "{0} + self",
                        "tensors": [
                            {
                                "kind": "OwnTensor",
                                "parameters": {
                                    "name": f"t{n}",
                                    "size": [199_000],
                                    "learned": False,
                                    "begins": f"torch.tensor([{', '.join(['1'] * 130_000)}])",
                                },
                            }
                        ],
                    },
                }
                for n in count()
            ),
            10_000,
        )
    ),
    "groups, twenty deep": lambda: project(nested(20, 450)),
    "groups, twenty deep and thin": lambda: project(nested(20, 3)),
    "groups, too deep": lambda: project(nested(21, 3)),
    "groups of groups of copies": lambda: project(copied(1)),
    "many groups of copies": lambda: project(
        chain((group(chain(numbered("Conv2d", "out_channels", n + 1), 60), repeat=64) for n in count()), 150)
    ),
    "a label of 7 MB": lambda: project(chain(iter([group(chain(same("ReLU"), 3), label="x" * 7_000_000)]), 2)),
    "parameters offered, each long": lambda: project(
        chain((group(chain(same("ReLU"), 3), exposed=[f"n0.{'x' * 900}{n}" for n in range(100)]) for _ in count()), 80)
    ),
    "frames at one place": lambda: stacked(500),
    "frames, too many": lambda: stacked(2_000),
    "notes at one place": lambda: noted(1_000, "**Markdown** in `every` *word*, [and](so) on. ", (4_000, 4_000)),
    "notes of tables": lambda: noted(1_000, "|a|b|c|\n|-|-|-|\n", (240, 120)),
    "notes of lists in lists": lambda: noted(1_000, "- a\n  - b\n    - c\n", (240, 120)),
    "wires, as many as are allowed": lambda: project(
        [{"name": "i", "block": "Input"}]
        + [{"name": f"n{n}", "block": "Add", "inputs": ["i"] * 1_000, "position": [300, n * 99]} for n in range(20)]
    ),
    "bends, as many as are allowed": lambda: bent(20_000),
    "bends, too many": lambda: bent(400_000),
    "a circle": lambda: circle(10_000),
    "a recipe of long texts": lambda: project(
        chain(same("ReLU"), 3), recipe={"class_weights": "by hand", "class_weight_list": "1," * 4_000_000}
    ),
    "a recipe of a million words": lambda: project(
        chain(same("ReLU"), 3), recipe={f"epoch{n}": n for n in range(450_000)}
    ),
    "a name of 8 MB": lambda: project([{"name": "n" * (SIZE - 100), "block": "Input"}]),
    "milestones without end": lambda: project(chain(same("ReLU"), 3), recipe={"milestones": [1] * 2_500_000}),
    "empty lists": lambda: filled("[],"),
    "empty groups": lambda: filled("{},"),
    "numbers": lambda: filled("0.5,"),
    "deep lists": lambda: filled("[", tail=""),
    "spaces": lambda: filled(" ", tail="1]}"),
    "nodes of nothing": lambda: filled("{},", '{"format": "cnnstudio", "version": 1, "nodes": [', "{}]}"),
}


def saved(path: Path, value: Callable[[Any], Any], **how: Any) -> None:
    """Write what is made of torch as torch does."""
    import torch

    torch.save(value(torch), path, **how)


def packed(path: Path) -> None:
    """Three megabytes that are three gigabytes."""
    saved(path, lambda torch: {"weight": torch.zeros(1)})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if name.endswith("data/0"):
                with archive.open(name, "w", force_zip64=True) as part:
                    for _ in range(3 * 2**10):
                        part.write(bytes(2**20))
            else:
                archive.writestr(name, data)


def filler(path: Path) -> None:
    """A state_dict that asks for three gigabytes of nothing."""

    class Filler:
        def __reduce__(self) -> Any:
            return bytearray, (3 * 2**30,)

    saved(path, lambda torch: {"weight": torch.zeros(3), "filler": Filler()})


def old_filler(path: Path) -> None:
    """The same, as PyTorch wrote files before 1.6."""

    class Filler:
        def __reduce__(self) -> Any:
            return bytearray, (3 * 2**30,)

    saved(path, lambda _: {"filler": Filler()}, _use_new_zipfile_serialization=False)


def wordy(path: Path) -> None:
    """A state_dict of a million words."""
    saved(path, lambda torch: {"weight": torch.zeros(3), "words": [f"word {n}" for n in range(2_000_000)]})


def many(path: Path) -> None:
    """The header of a safetensors file with a million tensors of nothing."""
    text = ",".join(f'"t{n}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for n in range(1_500_000))
    header = f"{{{text}}}".encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header)


WEIGHTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "packed zeros": (".pth", packed),
    "a filler": (".pth", filler),
    "a filler of old": (".pth", old_filler),
    "words": (".pth", wordy),
    "names without end": (".safetensors", many),
    "an expanded tensor": (".pth", lambda path: saved(path, lambda torch: {"w": torch.zeros(1).expand(10**9, 10**3)})),
    "a sparse tensor": (
        ".pth",
        lambda path: saved(path, lambda torch: {"w": torch.sparse_coo_tensor([[0]], [1.0], (10**12,))}),
    ),
    "a pickle alone": (".pth", lambda path: path.write_bytes(pickle.dumps({"w": list(range(10**6))}))),
}

METRICS = "kind,steps,step,epoch,loss,accuracy,learning_rate,images_per_second\n"
RUNS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "rows without end": (
        "metrics.csv",
        lambda path: path.write_text(METRICS + "".join(f"step,1,{n},1,0.5,0.5,0.1,9\n" for n in range(550_000))),
    ),
    "a record of 1 MB": ("run.json", lambda path: path.write_text('{"id": "' + "x" * (2**20 - 20) + '"}')),
    "labels of 1 MB": ("labels.json", lambda path: path.write_text('{"name": "' + "x" * (2**20 - 20) + '"}')),
}
