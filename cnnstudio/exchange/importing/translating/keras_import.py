"""Keras import: a .keras file of Keras 3 as a network that can be edited, with its weights. Nothing of it is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.translating.followed import followed, sizes_of
from cnnstudio.exchange.importing.translating.keras_graph import KerasGraph, described, histories
from cnnstudio.exchange.importing.translating.keras_layers import LAYERS
from cnnstudio.exchange.importing.translating.keras_model import read_keras
from cnnstudio.exchange.importing.translating.stepwise import Scribe, Stepwise
from cnnstudio.graph import Shape
from cnnstudio.worker import Report, unheard


def import_keras(path: Path, size: Shape | None = None, report: Report = unheard) -> Imported:
    """The network of a .keras file, and its weights as ``state``.

    ``size`` is that of its images, for files that leave it open; others say it themselves. Raises ``ImportRefused``.
    """
    model = read_keras(path)

    def translated(tried: Shape) -> tuple[Stepwise, list[str]]:
        scribe = Scribe(tried)
        graph = KerasGraph(scribe, LAYERS)
        results = graph.model(model.told, model.weights, [scribe.image])
        if not results:
            raise ImportRefused("It does not say what it gives.")
        several = f"It gives {len(results)} tensors; the first is what the network ends in here."
        return scribe.finished(results[0]), [*([several] if len(results) > 1 else []), *graph.notes]

    return followed(path, lambda: _sizes(model.told, size), translated, report)


def _sizes(told: Any, said: Shape | None) -> Iterator[Shape]:
    """The sizes of images to follow it with, channels first. Raises ``ImportRefused``."""
    match _input(told):
        case (length,):
            yield from sizes_of((length,), said)
        case (height, width, channels) if channels:
            yield from sizes_of((channels, height, width), said)
        case _:
            raise ImportRefused("It does not say of what size its images are, as height, width, channels.")


def _input(told: Any) -> tuple[int, ...]:
    """The sizes of what the first input is given, without the batch; 0 where one is open."""
    try:
        kind, config = described(told)
        layers, found = config["layers"], None
        if kind == "Sequential":
            found = config.get("build_input_shape") or layers[0]["config"].get("batch_shape")
            if layers and layers[0]["class_name"] in ("Functional", "Sequential"):
                return _input(layers[0])
        else:
            inputs = list(histories(config["input_layers"]))
            if len(inputs) != 1:
                raise ImportRefused(f"It takes {len(inputs)} inputs; a network here is given one image.")
            (found,) = (each["config"]["batch_shape"] for each in layers if each["name"] == inputs[0][0])
        return tuple(int(size or 0) for size in found[1:])
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise ImportRefused(
            "It is not described as Keras describes a Sequential or Functional model that was built."
        ) from error
