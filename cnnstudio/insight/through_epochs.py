"""Through epochs: what a node made of a picture after each of the epochs of a run whose weights are kept."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path

from cnnstudio.compiler.source import Place, way_to
from cnnstudio.insight.activations import activations, entering, shown
from cnnstudio.insight.feature_maps import FeatureMaps, guess
from cnnstudio.insight.subject import OwnPicture, looked_at
from cnnstudio.training import weights
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import Report

MOST_BYTES = 256 * 2**20  # that the maps of all epochs may take together


def through_epochs(
    prepared: Prepared,
    place: Place,
    choice: int | OwnPicture,
    files: Mapping[int, Path],
    report: Report,
    *,
    first: int,
    found: MutableMapping[int, FeatureMaps],
) -> int | None:
    """Put the maps of each epoch into ``found``, the epoch ``first`` before the others; of how many channels, or all.

    ``files`` are the weights of the epochs. The network of ``prepared`` stays as it is: a copy of it takes the weights
    of one epoch after the other. Where the maps of all epochs would take more than ``MOST_BYTES``, only the first
    channels are kept. What is damaged or of another network is left out. Ends where ``report`` says so.
    Raises ``WayError`` where there is no such place.
    """
    module, data = copy.deepcopy(prepared.module), prepared.data
    picture, text = looked_at(data, choice), prepared.source
    way, end = way_to(prepared.project.graph, text, place), text.steps[-1].node
    x = entering(module, picture.image, data)
    most: int | None = None
    order = sorted(files, key=lambda epoch: (epoch != first, epoch))
    for number, epoch in enumerate(order):
        with suppress(weights.WeightsError):
            weights.load(module, files[epoch])
            values = activations(module, text, (way, end), x)
            maps = shown(values[way])
            if maps.nbytes * len(files) > MOST_BYTES:
                most = max(1, MOST_BYTES // (maps[:1].nbytes * len(files)))
                maps = maps[:most].copy()
            told = guess(shown(values[end]), data.classes)
            found[epoch] = FeatureMaps(place, maps, picture.image, picture.label, told, 0)
        if not report("", (number + 1) / len(order)):
            break
    return most
