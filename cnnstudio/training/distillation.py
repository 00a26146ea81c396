"""Distillation: a trained network of another run as the teacher of this one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.project import ProjectError, read
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.build import build
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import Device, TrainingError
from cnnstudio.training.runs.folder import RunFolder


class Teacher:
    """A network that answers beside the one that learns, and its share of the loss.

    Hinton, Vinyals and Dean 2015, https://arxiv.org/abs/1503.02531. It reads the same images, normalised as it knows
    them. Raises ``TrainingError`` with a sentence for a folder that is no run's, and for a network that tells other
    classes apart or reads images of another size.
    """

    def __init__(self, recipe: Recipe, data: Data, device: Device) -> None:
        self._share, self._temperature, self._device = recipe.teaching_share, recipe.temperature, device
        folder = RunFolder(Path(recipe.teacher).expanduser(), is_new=False)
        self._module, told = _trained(folder)
        self._module.requires_grad_(False).eval()
        _check(self._module, told, folder.path.name, data)
        device.take(self._module)
        ours, theirs = (data.mean, data.std), (_numbers(told, "mean", data.mean), _numbers(told, "std", data.std))
        (mean, std), (their_mean, their_std) = (
            tuple(torch.tensor(each).view(-1, 1, 1).to(device.torch) for each in pair) for pair in (ours, theirs)
        )
        self._scale, self._shift = std / their_std, (mean - their_mean) / their_std

    def taught(self, objective: Tensor, logits: Tensor, images: Tensor) -> Tensor:
        """The loss that is part ``objective``, part the distance of ``logits`` from its own answers to ``images``."""
        with torch.no_grad(), self._device.autocast():
            own = self._module(self._device.laid(images * self._scale + self._shift)).float()
        heat = self._temperature
        answers, wanted = log_softmax(logits / heat, 1), log_softmax(own / heat, 1)
        # the gradient of softened answers is smaller by the square of the temperature
        distance = kl_div(answers, wanted, reduction="batchmean", log_target=True) * heat**2
        return (1 - self._share) * objective + self._share * distance


def _trained(folder: RunFolder) -> tuple[nn.Module, dict[str, str]]:
    """The network of a run with its best weights, and what is said of them."""
    file = folder.best if folder.best.exists() else folder.weights
    if file is None:
        raise TrainingError(f"The teacher is to be the folder of a run, and {folder.path} has no weights of one.")
    try:
        text = source(read(folder.project).graph)
        module = build(text.text, text.class_name, 0)
        return module, weights.load(module, file)
    except (ProjectError, SourceError, weights.WeightsError) as error:
        raise TrainingError(f"The teacher cannot be had: {error}") from error


def _check(module: nn.Module, told: Mapping[str, str], name: str, data: Data) -> None:
    try:
        classes = json.loads(told.get("classes", "null"))
    except ValueError:
        classes = None
    if classes is not None and classes != list(data.classes):
        raise TrainingError(f"The teacher {name} tells other classes apart than {data.name} has; choose another run.")
    try:
        with torch.no_grad():
            scores = module(torch.zeros(2, *data.shape))
    except (RuntimeError, TypeError, ValueError) as error:
        raise TrainingError(f"The teacher {name} cannot read images of {data.shape}; choose another run.") from error
    if scores.shape != (2, len(data.classes)):
        raise TrainingError(f"The teacher {name} does not give one score for each class of {data.name}.")


def _numbers(told: Mapping[str, str], name: str, otherwise: tuple[float, ...]) -> tuple[float, ...]:
    try:
        found = tuple(float(number) for number in json.loads(told[name]))
    except (KeyError, ValueError, TypeError):
        return otherwise
    usable = len(found) == len(otherwise) and all(0 <= number <= 1 for number in found)
    return found if usable and (name != "std" or min(found) > 0) else otherwise
