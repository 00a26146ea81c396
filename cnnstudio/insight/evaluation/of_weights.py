"""Of weights: how many pictures kept apart a network tells right with weights that somebody handed in.

The weights are numbers alone, and the network is written by this program from its graph; a network with lines of
PyTorch that came with a file is not evaluated. What it may take of memory and time is asked before.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.disk import DiskError
from cnnstudio.graph import Shape
from cnnstudio.headroom import NoRoomError
from cnnstudio.insight.evaluation.evaluation import EvaluationError
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.build import build
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.fitting import moments
from cnnstudio.training.data.loading import load, normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import evaluated, of_any_batch, prepare_thread
from cnnstudio.training.drawing import Seeded
from cnnstudio.training.needs import lack_of_look

MOST_MACS = 4 * 10**12  # for all pictures: minutes on a small computer
_TOGETHER = 128  # pictures that go through the network at once
_MOST_SIZES = 4  # in which the pictures are kept at one time


@dataclass(frozen=True)
class Right:
    """How many of how many pictures were told right."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """The share, from 0 to 1."""
        return self.right / self.total


@dataclass(eq=False)
class HeldOut:
    """The pictures kept apart: those that ``recipe`` names, all of them, or its validation images alone.

    They are read once for each size that networks ask for.
    """

    recipe: Recipe
    is_whole: bool
    _known: dict[Shape, tuple[Tensor, Tensor, tuple[str, ...]]] = field(default_factory=dict)

    def of_size(self, size: Shape) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        """Images (N, C, H, W) in this size, their labels (N,) and the classes. Raises ``DataError``."""
        if size not in self._known:
            data = load(self.recipe, size)
            images, labels = data.validation_images, data.validation_labels
            if self.is_whole:
                images = torch.cat((data.train_images, images))
                labels = torch.cat((data.train_labels, labels))
            while len(self._known) >= _MOST_SIZES:
                self._known.pop(next(iter(self._known)))
            self._known[size] = images, labels, data.classes
        return self._known[size]


def told_right(project: Project, path: Path, held_out: HeldOut) -> Right:
    """How many of the pictures the network of ``project`` tells right with the weights of the file at ``path``.

    Each is made what the network reads with the mean and the deviation that the file names, else with those of the
    pictures. Raises ``EvaluationError`` with a sentence, whatever the file is.
    """
    analysis = infer(project.graph)
    inputs, totals = analysis.acting.graph.inputs, analysis.totals
    if len(inputs) != 1 or totals is None:
        raise EvaluationError("The network cannot be evaluated: it is not whole, or reads more than one image.")
    size = analysis.acting.facts[inputs[0].name].shape
    try:
        written = source(project.graph)
        if written.has_lines:
            raise EvaluationError("The network has lines of PyTorch that came with a file; such are not evaluated.")
        images, labels, classes = held_out.of_size(size)
        if (asked := totals.macs * len(labels)) > MOST_MACS:
            raise EvaluationError(f"The network takes {asked:.1e} multiply-accumulates for these pictures: too many.")
        if lacking := lack_of_look(analysis):
            raise EvaluationError(lacking)
        module = build(written.text, written.class_name, seed=0)
        found, told = weights.read(path)
        weights.fill(module, found, path)
    except (SourceError, DataError, DiskError, NoRoomError, weights.WeightsError) as error:
        raise EvaluationError(str(error)) from error
    order = _order(told, classes)
    mean, std = _normalisation(told, images)
    count = _count(module, (images, labels), (mean, std), len(classes), order, told.get("sides") == "both")
    return Right(count, len(labels))


def _count(  # noqa: PLR0917 - all that one pass takes
    module: nn.Module,
    pictures: tuple[Tensor, Tensor],
    normalisation: tuple[Tensor, Tensor],
    classes: int,
    order: Tensor | None,
    is_of_both: bool,
) -> int:
    images, labels = pictures
    prepare_thread()
    network = Seeded(lambda x: of_any_batch(module, x))
    step, right = at_once(images.shape[1:], _TOGETHER, PASS), 0
    with evaluated(module), torch.no_grad():
        for start in range(0, len(labels), step):
            part = normalised(images[start : start + step], *normalisation)
            scores = network(part, start)
            scores = scores + network(part.flip(3), start) if is_of_both else scores
            scores = scores.float().flatten(1)
            if scores.shape[1] != classes:
                raise EvaluationError(
                    f"The network ends in {scores.shape[1]:,} numbers; there are {classes:,} classes."
                )
            answers = scores.argmax(1)
            if order is not None:
                answers = order[answers]
            right += int((answers == labels[start : start + step]).sum())
    return right


def _order(told: dict[str, str], classes: tuple[str, ...]) -> Tensor | None:
    """For each class of the weights its number among the pictures' classes, where the order is another."""
    own = _listed(told.get("classes", ""))
    if own is None or sorted(map(str, own)) != sorted(classes) or tuple(own) == classes:
        return None
    return torch.tensor([classes.index(str(name)) for name in own])


def _normalisation(told: dict[str, str], images: Tensor) -> tuple[Tensor, Tensor]:
    channels = images.shape[1]
    mean, std = _numbers(told.get("mean", ""), channels), _numbers(told.get("std", ""), channels)
    if mean is None or std is None or min(map(abs, std)) < 1e-6:
        mean, std = map(list, moments(images))
    return torch.tensor(mean).view(-1, 1, 1), torch.tensor(std).view(-1, 1, 1)


def _numbers(text: str, count: int) -> list[float] | None:
    found = _listed(text)
    if found is None or len(found) != count or not all(type(each) in (int, float) for each in found):
        return None
    return [float(each) for each in found] if all(math.isfinite(each) and abs(each) < 1e6 for each in found) else None


def _listed(text: str) -> list[Any] | None:
    if len(text) > 100_000:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None
