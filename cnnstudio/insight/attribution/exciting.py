"""Exciting: the pictures of the data in which a channel is most active, and where in them."""

from __future__ import annotations

import heapq

from torch import Tensor

from cnnstudio.compiler.source import Place, Way
from cnnstudio.insight.activations import TraceError, activation
from cnnstudio.insight.attribution.cam import laid
from cnnstudio.insight.attribution.explaining import looking, prepared_pictures, room
from cnnstudio.insight.attribution.faithfulness import enlarged
from cnnstudio.insight.attribution.portrait import Portrait, Shown
from cnnstudio.insight.attribution.question import AttributionError
from cnnstudio.insight.cut import found_way
from cnnstudio.insight.subject import Subject
from cnnstudio.wording import counted
from cnnstudio.worker import Report

PICTURES = 2_000  # validation pictures that are gone through
SHOWN = 8


def exciting(subject: Subject, place: str | Place, channel: int, report: Report) -> Portrait:
    """The ``SHOWN`` of the first ``PICTURES`` validation pictures in which the channel's greatest number is greatest.

    Of a node that gives maps it is the greatest of the places of one map. Where ``report`` says to end, it is of the
    pictures until then. Raises ``TraceError`` where there is no such channel.
    """
    data, node = subject.data, found_way(subject, place)
    count = min(PICTURES, len(data.validation_images))
    step = room(subject, 64)
    best: list[tuple[float, int, Tensor | None]] = []
    channels = seen = 0
    with looking(subject.module):
        for start in range(0, count, step):
            images = data.validation_images[start : min(count, start + step)]
            value = activation(subject.module, subject.source, node, prepared_pictures(subject, images))
            channels = number_of_channels(value, node)
            if channel >= channels:
                raise TraceError(f"{node} has {channels} channels, and no channel {channel + 1}.")
            numbers = of_channel(value, channel)
            for each, greatest in enumerate(numbers.flatten(1).amax(1).tolist()):
                if len(best) < SHOWN or greatest > best[0][0]:
                    one = (greatest, -(start + each), _places(value[each : each + 1], channel, data.shape, node))
                    (heapq.heappush if len(best) < SHOWN else heapq.heapreplace)(best, one)
            seen = start + len(images)
            if not report(f"Going through {counted(count, 'picture')}", seen / count):
                break
    found = []
    for greatest, minus, marks in sorted(best, key=lambda each: (-each[0], -each[1])):
        label = data.classes[int(data.validation_labels[-minus])]
        caption = f"{label}: {greatest:.3g}".replace("-", "−")
        laid_out = None if marks is None else enlarged(marks[None], *data.shape.spatial)[0].numpy()
        found.append(Shown(data.validation_images[-minus].numpy().copy(), caption, laid_out))
    classes = [each.caption.split(":")[0] for each in found]
    most = max(dict.fromkeys(classes), key=classes.count)
    told = (
        f"Of {counted(seen, 'validation picture')} these excite channel {channel + 1} of {node} most, by its greatest "
    )
    often = f"{classes.count(most)} of them are of {most}." if len(found) > 1 else ""
    return Portrait(str(node), channel, channels, tuple(found), (f"{told}number.", *([often] if often else [])))


def number_of_channels(value: Tensor, node: Way) -> int:
    """How many channels a node's value has: maps, numbers of each token (N, L, D), or numbers of a vector."""
    if value.ndim not in {2, 3, 4}:
        raise AttributionError(f"What {node} gives has no channels.")
    return int(value.shape[2 if value.ndim == 3 else 1])


def of_channel(value: Tensor, channel: int) -> Tensor:
    """The numbers (N, ...) of one channel."""
    return value[..., channel] if value.ndim == 3 else value[:, channel, None]


def _places(value: Tensor, channel: int, size: tuple[int, ...], node: Way) -> Tensor | None:
    """Where the channel is active in one picture (h, w); None where its numbers have no place."""
    try:
        return laid(value, size[1], size[2], node)[channel].float().cpu().clone()
    except AttributionError:
        return None
