"""Followed: a file that was written down as steps, for images of its size or of one that fits, as a network."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from pathlib import Path

from cnnstudio.disk import shown
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.referee import compared
from cnnstudio.exchange.importing.translating.stepwise import Stepwise
from cnnstudio.graph import Shape
from cnnstudio.worker import Report

LARGEST_IMAGE = 2**28  # numbers
SIDES = (224, 32, 64, 128, 256, 299)  # tried where a file takes images of any size
_REFUSED = "The network cannot be imported. "


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
    if not report(f"Following {name}…", None):
        raise ImportRefused(f"{name} was not imported: it was stopped.")
    try:
        tried = list(sizes())
    except ImportRefused as error:
        raise ImportRefused(f"{name} cannot be imported. {error}") from error
    for size in tried:
        try:
            module, notes = translate(size)
            imported = import_module(module, size)
            doubts = compared(module, imported, size)
        except ImportRefused as error:
            refusal = str(error).removeprefix(_REFUSED)
            continue
        if len(tried) > 1:
            notes = [f"{name} takes images of any size; it was followed with images of {size}.", *notes]
        notes = [*notes, *imported.notes, *doubts]
        return dataclasses.replace(imported, title=path.stem, notes=tuple(notes), state=module.state_dict())
    ways = " Usual sizes of images were tried: say for which it is made (--size)." if len(tried) > 1 else ""
    raise ImportRefused(f"{name} cannot be imported. {refusal}{ways}")


def sizes_of(own: tuple[int, ...], said: Shape | None, channels: tuple[int, ...] = ()) -> Iterator[Shape]:
    """The sizes to follow a file with that says ``own``, channels first, 0 where it says nothing. ``said`` is ours.

    Raises ``ImportRefused`` where these do not go together.
    """
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
