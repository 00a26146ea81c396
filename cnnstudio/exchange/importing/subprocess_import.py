"""Subprocess import: what happens in the process that runs a stranger's file. It imports torch only if it must."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.exchange.importing.declarations import ImportRefused, call
from cnnstudio.graph import Shape
from cnnstudio.headroom import NoRoomError, not_enough, ran_out
from cnnstudio.project import Project, dumps

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.network import Imported

# images that networks are written for, by their channels
_SIDES = {1: (28, 32, 64, 224, 256), 3: (224, 32, 64, 96, 128, 256, 299)}
_CLASSES_OF_CIFAR = (10, 100)


def run(pipe: Connection, path: str, name: str, size: Shape | None) -> None:
    """Run the file, import the network and send it as JSON."""
    os.environ["PYTORCH_JIT"] = "0"  # before torch is imported: what the file scripts stays the Python that it is
    if hasattr(os, "setsid"):
        os.setsid()  # what the file starts belongs to this process, and ends with it
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    _own_tracker()
    try:
        from cnnstudio.exchange.importing.making import made

        module, told = made(Path(path), name)
        try:
            imported = _imported(module, call(name).name, size)
        except ImportRefused:
            raise
        except Exception as error:
            if ran_out(error):
                raise
            raise ImportRefused(
                f"{call(name).name} could be made, but not imported: {_told(error)}. That is a fault of this program, "
                f"not of {Path(path).name}."
            ) from error
        answer: dict[str, Any] = {
            "title": imported.title,
            "graph": dumps(Project(imported.graph)),
            "weights": [[place, [dataclasses.astuple(w) for w in each]] for place, each in imported.weights.items()],
            "notes": (*told, *imported.notes),
            "opaque": imported.opaque,
        }
    except ImportRefused as error:
        answer = {"refused": str(error)}
    except NoRoomError as error:
        answer = {"refused": f"{Path(path).name} was not imported. {error}"}
    except BaseException as error:  # the stranger's own, SystemExit included
        too_large = not_enough(f"to import {Path(path).name}", "a smaller network or other programs closed may help")
        answer = {"refused": too_large if ran_out(error) else f"{Path(path).name} could not be run: {_told(error)}."}
    pipe.send_bytes(json.dumps(answer).encode())


def _own_tracker() -> None:
    """Let the semaphores that the file makes be tracked from here: ours would speak of them when this process is ended.

    Python has no door to it, so where its inside is another, nothing is done.
    """
    tracker: Any = getattr(resource_tracker, "_resource_tracker", None)
    if hasattr(tracker, "_fd") and hasattr(tracker, "_pid"):
        tracker._fd = tracker._pid = None


def _imported(module: Any, name: str, size: Shape | None) -> Imported:
    """The import, compared with the module itself on random images."""
    from cnnstudio.exchange.importing.network import import_module
    from cnnstudio.exchange.importing.plain_weights import with_plain_weights
    from cnnstudio.exchange.importing.referee import compared
    from cnnstudio.exchange.importing.this_machine import OnThisMachine
    from cnnstudio.exchange.importing.tracing import unwrapped

    module = unwrapped(module)
    plain = with_plain_weights(module)
    refusal = ImportRefused(f"{name} cannot be imported.")
    for tried in [size] if size is not None else _sizes(module):
        try:
            imported = import_module(module, tried, name)
        except ImportRefused as error:
            refusal = error
            continue
        followed = (f"It was followed with images of {tried}.",) if size is None else ()
        with OnThisMachine():
            doubts = compared(module, imported, tried)
        return dataclasses.replace(imported, notes=(*followed, *plain, *imported.notes, *doubts))
    if size is None:
        raise ImportRefused(f"{refusal} Usual sizes of images were tried: say for which it is made (--size).")
    raise refusal


def _sizes(module: Any) -> Iterator[Shape]:
    """Sizes to try, by the channels that the first convolution takes; CIFAR's first where there are its classes."""
    from torch import nn

    first = next((each for each in module.modules() if isinstance(each, nn.Conv2d)), None)
    channels = first.in_channels if first is not None and first.in_channels else 3  # a lazy one knows none yet
    sides = _SIDES.get(channels, (64, 32, 224, 256))
    last = [each.out_features for each in module.modules() if isinstance(each, nn.Linear)][-1:]
    if channels == 3 and last and last[0] in _CLASSES_OF_CIFAR:
        sides = (32, *(side for side in sides if side != 32))
    if first is None or not first.in_channels:
        yield from (Shape(c, side, side) for c, side in ((1, 28), (3, 32), (3, 224)))
    yield from (Shape(channels, side, side) for side in sides)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}".rstrip(": .")
