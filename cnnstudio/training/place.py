"""Place: what stands where a recipe points, as a look at the disk found it. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cnnstudio.training.data.stamp import stamp
from cnnstudio.training.runs.folder import RunFolder


@dataclass(frozen=True)
class Place:
    """What is known of a path: nothing, as nobody was asked to look; nothing yet; or what a look found.

    ``stamp`` is that of the folder of images, empty where there is no folder; ``has_weights`` says whether a run left
    its weights there.
    """

    state: Literal["known", "awaited", "unasked"] = "known"
    stamp: tuple[int, ...] = ()
    has_weights: bool = False


UNASKED, AWAITED = Place("unasked"), Place("awaited")


def look(path: str) -> Place:
    """See what stands at this path. On a share that does not answer it takes as long as the system is patient."""
    try:
        has_weights = RunFolder(Path(path).expanduser()).weights is not None
    except (OSError, RuntimeError, ValueError):  # a name that no system takes; a home that is not there
        has_weights = False
    return Place(stamp=stamp(path), has_weights=has_weights)
