"""Followed: a file that was written down as steps, for images of its size or of one that fits, as a network."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from cnnstudio.disk import shown
from cnnstudio.disk import size_of as size_of_file
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.referee import compared
from cnnstudio.exchange.importing.translating.stepwise import Stepwise
from cnnstudio.graph import Shape
from cnnstudio.headroom import NoRoomError, headroom, lack
from cnnstudio.worker import Report

LARGEST_IMAGE = 2**28  # numbers
SIDES = (224, 32, 64, 128, 256, 299)  # tried where a file takes images of any size
COPIES = 4  # of the weights: as they are in the file, as tensors, in the network that is made, and its own
_REFUSED = "The network cannot be imported. "


class Stopped(ImportRefused):
    """Nobody waits any more."""


def followed(
    path: Path,
    sizes: Callable[[], Iterator[Shape]],
    translate: Callable[[Shape], tuple[Stepwise, list[str]]],
    report: Report,
) -> Imported:
    """The network of a file, and its weights as ``state``.

    ``sizes`` gives those of its images, several where it takes any; ``translate`` the steps for one of them, with
    sentences for the person. Raises ``ImportRefused``, with the name of the file.
    """
    name, refusal = shown(path), ""
    _go_on(report, name, f"Following {name}…")
    _require_room(path)
    try:
        tried = list(sizes())
    except ImportRefused as error:
        raise ImportRefused(f"{name} cannot be imported. {error}") from error
    for size in tried:
        try:
            module, notes = translate(size)
            _go_on(report, name, f"Making blocks of {name}…")
            imported = import_module(module, size)
            _go_on(report, name, f"Comparing what {name} computes with what was made of it…")
            doubts = compared(module, imported, size)
        except Stopped:
            raise
        except ImportRefused as error:
            refusal = str(error).removeprefix(_REFUSED)
            continue
        if len(tried) > 1:
            notes = [f"{name} takes images of any size; it was followed with images of {size}.", *notes]
        notes = [*notes, *imported.notes, *doubts]
        return dataclasses.replace(imported, title=path.stem, notes=tuple(notes), state=module.state_dict())
    ways = " Usual sizes of images were tried: say for which it is made (--size)." if len(tried) > 1 else ""
    raise ImportRefused(f"{name} cannot be imported. {refusal}{ways}")


def _go_on(report: Report, name: str, sentence: str) -> None:
    """Say how far it is. Raises ``Stopped`` where nobody waits any more."""
    if not report(sentence, None):
        raise Stopped(f"{name} was not imported: it was stopped.")


def _require_room(path: Path) -> None:
    """Raises ``NoRoomError`` where the memory does not hold the network several times, as comparing does."""
    if why := lack(f"Importing {shown(path)}", COPIES * size_of_file(path), headroom(), "close other programs"):
        raise NoRoomError(why)


def sizes_of(own: tuple[int, ...], said: Shape | None, channels: tuple[int, ...] = ()) -> Iterator[Shape]:
    """The sizes to follow a file with that says ``own``, channels first, 0 where it says nothing. ``said`` is ours.

    Raises ``ImportRefused`` where these do not go together.
    """
    if min(own) < 0:
        raise ImportRefused("It says a negative size of its images.")
    if math.prod(own) > LARGEST_IMAGE:
        raise ImportRefused("It takes images larger than any that are read here.")
    if all(own):
        if said is not None and said != Shape(*own):
            raise ImportRefused(f"It takes images of {Shape(*own)}, and of no other size.")
        yield Shape(*own)
    elif len(own) == 1:
        raise ImportRefused("It does not say how many numbers it is given.")
    elif said is not None:
        yield said
    else:
        for side in SIDES:
            yield from (Shape(each, own[1] or side, own[2] or side) for each in ((own[0],) if own[0] else channels))
