"""Foreign: a module from somebody's Python file. The file is run in a process of its own, which sends back data.

To import such a file is to run it: whoever calls ``import_file`` has asked the person first. The process has a time
limit; what it sends is JSON, and is checked like any file that a stranger sends.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.reading import networks_in
from cnnstudio.exchange.importing.recognition import Weight
from cnnstudio.exchange.importing.refusal import ImportRefused
from cnnstudio.graph import Shape
from cnnstudio.project import Project, ProjectError, dumps, loads

SECONDS = 120.0  # PyTorch alone takes several to start
LARGEST_ANSWER = 64 * 2**20  # bytes
TOLERANCE = 1e-4  # of the greatest output

# images that networks are written for, by their channels
_SIDES = {1: (28, 32, 64, 224), 3: (224, 32, 64, 96, 128, 299)}


def import_file(path: Path, name: str = "", size: Shape | None = None, seconds: float = SECONDS) -> Imported:
    """The network ``name`` of a Python file, a class or a function that makes one, for images of ``size``.

    This RUNS the file, in a process of its own. Without ``size`` usual sizes are tried. Raises ``ImportRefused``.
    """
    name = name or _only(path)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_outside, args=(theirs, str(path.resolve()), name, size), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise ImportRefused(f"{path.name} was stopped: it had not made {name} after {seconds:g} seconds.")
        answer = json.loads(ours.recv_bytes(LARGEST_ANSWER))
    except (EOFError, OSError, ValueError, RecursionError) as error:
        raise ImportRefused(f"{path.name} ended the process that ran it, so nothing was imported.") from error
    finally:
        process.kill()
        process.join()
        ours.close()
    return _checked(answer, path)


def _only(path: Path) -> str:
    found = networks_in(path)
    if not found:
        raise ImportRefused(f"{path.name} declares no class that is a torch module.")
    if len(found) > 1:
        raise ImportRefused(f"{path.name} declares {', '.join(found[:8])}; say which: {path.name}:{found[-1]}.")
    return found[0]


def _checked(answer: Any, path: Path) -> Imported:
    """What the process sent, as what it says it is. Raises ``ImportRefused``."""
    damaged = ImportRefused(f"{path.name} sent back something that is no network.")
    if isinstance(answer, dict) and isinstance(answer.get("refused"), str):
        raise ImportRefused(answer["refused"][:600])
    try:
        graph = loads(answer["graph"]).graph
        weights = {
            tuple(map(str, place)): tuple(Weight(*map(str, each)) for each in entries)
            for place, entries in answer["weights"]
        }
        title, notes, opaque = str(answer["title"])[:60], answer["notes"][:100], answer["opaque"][:10_000]
    except (ProjectError, KeyError, TypeError, ValueError) as error:
        raise damaged from error
    if any(not place or place[0] not in graph for place in weights):
        raise damaged
    return Imported(title, graph, weights, tuple(str(n)[:400] for n in notes), tuple(str(o)[:80] for o in opaque))


# in the process of its own


def _outside(pipe: Connection, path: str, name: str, size: Shape | None) -> None:
    """Run the file, import the network and send it as JSON."""
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
    from torch import nn

    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportRefused(f"{path.name} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
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

    from cnnstudio.exchange.importing.state_dict import difference

    refusal = ImportRefused(f"{name} cannot be imported.")
    for tried in [size] if size is not None else _sizes(module):
        try:
            imported = import_module(module, tried, name)
        except ImportRefused as error:
            refusal = error
            continue
        notes = imported.notes
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
