"""Painters: each way to show what a channel looks for, declared once. Knows no torch: that is imported when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.compiler.source import Place
from cnnstudio.insight.attribution.portrait import Portrait
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.subject import Subject


@dataclass(frozen=True)
class Painter:
    """A way to show what a channel looks for: ``sentence`` says what it does, ``paper`` where it is from.

    ``paint`` is given the subject, the node, the number of the channel and a report, and makes the portrait.
    """

    key: str
    title: str
    sentence: str
    paper: str
    paint: Callable[[Subject, str | Place, int, Report], Portrait]


def _exciting(subject: Subject, node: str | Place, channel: int, report: Report) -> Portrait:
    from cnnstudio.insight.attribution.exciting import exciting

    return exciting(subject, node, channel, report)


def _maximised(subject: Subject, node: str | Place, channel: int, report: Report) -> Portrait:
    from cnnstudio.insight.attribution.maximising import maximised

    return maximised(subject, node, channel, report)


PAINTERS = (
    Painter(
        "exciting",
        "Most exciting pictures",
        "The validation pictures in which one place of the channel is most active, with a map of where.",
        "Zeiler and Fergus 2014, arxiv.org/abs/1311.2901",
        _exciting,
    ),
    Painter(
        "maximised",
        "Activation maximisation",
        "A picture that is changed, from noise, until the channel is as active as can be; for a class choose the last "
        "block.",
        "Erhan et al. 2009; jitter and total variation as in Mahendran and Vedaldi 2016, arxiv.org/abs/1512.02017",
        _maximised,
    ),
)
