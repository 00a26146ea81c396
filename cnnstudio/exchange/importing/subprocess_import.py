"""Subprocess import: what happens in the process that runs a stranger's file. It imports torch only if it must."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.graph import Shape
from cnnstudio.project import Project, dumps

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.network import Imported

TOLERANCE = 1e-4  # of the greatest output

# images that networks are written for, by their channels
_SIDES = {1: (28, 32, 64, 224), 3: (224, 32, 64, 96, 128, 299)}


def run(pipe: Connection, path: str, name: str, size: Shape | None) -> None:
    """Run the file, import the network and send it as JSON."""
    if hasattr(os, "setsid"):
        os.setsid()  # what the file starts belongs to this process, and ends with it
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        imported = _imported(_made(Path(path), name), name, size)
        answer: dict[str, Any] = {
            "title": imported.title,
            "graph": dumps(Project(imported.graph)),
            "weights": [[place, [dataclasses.astuple(w) for w in each]] for place, each in imported.weights.items()],
            "notes": imported.notes,
            "opaque": imported.opaque,
        }
    except ImportRefused as error:
        answer = {"refused": str(error)}
    except BaseException as error:  # the stranger's own, SystemExit included
        answer = {"refused": f"{Path(path).name} could not be run: {_told(error)}."}
    pipe.send_bytes(json.dumps(answer).encode())


def _made(path: Path, name: str) -> Any:
    """The module that the file makes under this name."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportRefused(f"{path.name} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    from torch import nn

    found = getattr(module, name, None)
    if found is None:
        raise ImportRefused(f"{path.name} has nothing called {name[:60]}.")
    if not isinstance(found, nn.Module) and callable(found):
        try:
            found = found()
        except TypeError as error:
            raise ImportRefused(
                f"{name} cannot be made without being told more ({_told(error)}). Give its arguments defaults, or "
                "write a function without arguments that makes it, and name that."
            ) from error
    if not isinstance(found, nn.Module):
        raise ImportRefused(f"{name} of {path.name} is no torch module.")
    return found.eval()


def _imported(module: Any, name: str, size: Shape | None) -> Imported:
    """The import, compared with the module itself on random images."""
    import torch

    from cnnstudio.exchange.importing.network import import_module
    from cnnstudio.exchange.importing.plain_weights import with_plain_weights
    from cnnstudio.exchange.importing.state_dict import difference

    plain = with_plain_weights(module)
    refusal = ImportRefused(f"{name} cannot be imported.")
    for tried in [size] if size is not None else _sizes(module):
        try:
            imported = import_module(module, tried, name)
        except ImportRefused as error:
            refusal = error
            continue
        notes = (*plain, *imported.notes)
        if size is None:
            notes = (f"It was followed with images of {tried}.", *notes)
        try:
            gap = difference(module, imported, torch.randn(2, *tried))
        except ImportRefused:
            notes = (*notes, "It could not be compared with the original, since it cannot be built yet.")
        else:
            if not gap <= TOLERANCE:
                raise ImportRefused(
                    f"{name} was not imported: what was made of it gives other results, by {gap:.1e}. Its steps may "
                    "change a value that is used again, or draw at random."
                )
        return dataclasses.replace(imported, notes=notes)
    raise refusal


def _sizes(module: Any) -> Iterator[Shape]:
    """Sizes to try, by the channels that the first convolution takes."""
    from torch import nn

    first = next((each for each in module.modules() if isinstance(each, nn.Conv2d)), None)
    channels = first.in_channels if first is not None else 3
    sides = _SIDES.get(channels, (64, 32, 224))
    if first is None:
        yield from (Shape(c, side, side) for c, side in ((1, 28), (3, 32), (3, 224)))
    yield from (Shape(channels, side, side) for side in sides)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}".rstrip(": .")
