"""Network map: what lies under the microscope when it is a map of the person's own network. Torch inside a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, SignalInstance

from cnnstudio.compiler.source import Place, WayError, way_to
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.lessons.microscope_setting import MOST_SIDE
from cnnstudio.worker import Report


class Looks(Protocol):
    """A way into the network as it is now, which whoever makes the panel gives it."""

    refused: SignalInstance  # a sentence, and what can be allowed, or nothing

    def look(self, work: Callable[[Subject, Report], Any], done: Callable[[Subject, Any], object]) -> bool:
        """Do this work on a thread, and give ``done`` what it finds."""

    def allow(self) -> None:
        """Let images and weights be fetched to look."""

    def drop(self) -> None:
        """What was asked for is not needed any more."""

    def close(self, seconds: float = 10.0) -> bool:
        """Stop for good; whether it has ended."""


MakeLooks = Callable[[QObject], Looks]


@dataclass(frozen=True, eq=False)
class NetworkMap:
    """One of ``count`` maps that a node makes: float64 (1, H, W), its number, and what is to be said of it."""

    values: np.ndarray[Any, np.dtype[np.float64]]
    channel: int
    count: int
    sentence: str


def network_map(subject: Subject, place: Place, choice: int | OwnPicture, channel: int | None) -> NetworkMap | str:
    """A map of a node for the picture of this choice, the most active one unless said, or why there is none.

    Of a map with more than ``MOST_SIDE`` rows or columns the first are taken, and that is said. Runs torch.
    """
    from cnnstudio.insight.activations import activation, entering, shown

    picture = subject.picture(choice)
    try:
        way = way_to(subject.project.graph, subject.source, place)
    except WayError as reason:
        return str(reason)
    x = entering(subject.module, picture.image, subject.data)
    found = shown(activation(subject.module, subject.source, way, x))
    maps = np.asarray(found if found.ndim == 3 else found[None, None, :], np.float64)
    if not np.isfinite(maps).all():
        return f"{place} makes numbers that are not finite: there is nothing to slide over."
    if channel is None or channel >= len(maps):
        channel = int(np.abs(maps).mean((1, 2)).argmax())
    cut = maps[channel : channel + 1, :MOST_SIDE, :MOST_SIDE].copy()
    sentence = f"{place}, map {channel + 1:,} of {len(maps):,}, {picture.name}, {subject.when}."
    if cut.shape != maps[channel : channel + 1].shape:
        height, width = maps.shape[1:]
        sentence += f" Of its {height:,} × {width:,} numbers these are the first {cut.shape[1]:,} × {cut.shape[2]:,}."
    return NetworkMap(cut, channel, len(maps), sentence)
