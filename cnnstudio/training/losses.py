"""The loss that a recipe asks for: what a step makes smaller, and what is said of training and validation alike."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax, one_hot

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.device import TrainingError
from cnnstudio.wording import counted

_EASIEST = 1e-8  # what is left to learn of an image; at 0 a root has no slope


class Loss:
    """The loss of a recipe over scores (N, classes) and targets: labels (N,), or the share of each class (N, classes).

    Where classes have weights, those of the training images have a mean of 1: they say what counts more than what, and
    leave the length of a step alone. Raises ``TrainingError`` for weights by hand that do not fit the classes.
    """

    def __init__(self, recipe: Recipe, labels: Tensor, classes: tuple[str, ...]) -> None:
        self._recipe = recipe
        self._weights = class_weights(recipe, labels, classes)  # (classes,)
        self.is_plain = self._weights is None and recipe.label_smoothing == 0
        """Whether a step makes smaller just what is said."""

    def objective(self, logits: Tensor, targets: Tensor) -> Tensor:
        """What a step makes smaller: with smoothed targets and weighted classes, the mean over the images."""
        count = logits.shape[1]
        shares = _shares(targets, count)
        weights = self._weights.to(logits) if self._weights is not None else None
        smoothing = self._recipe.label_smoothing
        smooth = shares * (1 - smoothing) + smoothing / count if smoothing else shares
        return self._each(logits, smooth, weights).mean()

    def measured(self, logits: Tensor, targets: Tensor) -> Tensor:
        """What is said, of training and validation alike: of each image (N,), as it is, all classes counting alike."""
        return self._each(logits, _shares(targets, logits.shape[1]), None)

    def _each(self, logits: Tensor, shares: Tensor, weights: Tensor | None) -> Tensor:
        match self._recipe.loss:
            case "BCE":
                # of each class by itself, the mean over the classes, as torch.nn.BCEWithLogitsLoss has it
                each = binary_cross_entropy_with_logits(logits, shares, reduction="none").mean(1)
                return each if weights is None else each * (shares @ weights)
            case "focal":
                # Lin et al. 2017, https://arxiv.org/abs/1708.02002, with one softmax over all classes
                logs = log_softmax(logits, 1)
                parts = -shares * logs * (1 - logs.exp()).clamp(min=_EASIEST) ** self._recipe.focusing
            case "cross-entropy":
                parts = -shares * log_softmax(logits, 1)
        return (parts if weights is None else parts * weights).sum(1)


def class_weights(recipe: Recipe, labels: Tensor, classes: tuple[str, ...]) -> Tensor | None:
    """The weight of each class (classes,), of mean 1 over the images with these labels; None where all count alike."""
    if recipe.class_weights == "none":
        return None
    counts = torch.bincount(labels.cpu(), minlength=len(classes)).double()
    if recipe.class_weights == "balanced":
        weights = torch.where(counts > 0, 1 / counts.clamp(min=1), 0.0)
    else:
        weights = torch.tensor(_by_hand(recipe.class_weight_list, classes), dtype=torch.float64)
    mean = (weights * counts).sum() / counts.sum()
    if not mean > 0:
        raise TrainingError("The class weights are 0 for every class that has images, so there is nothing to learn.")
    return (weights / mean).float()


def _by_hand(text: str, classes: tuple[str, ...]) -> list[float]:
    """The numbers of a list such as ``1, 2.5, 1``. Raises ``TrainingError`` where it is no number for each class."""
    pieces = [piece.strip() for piece in text.replace(";", ",").split(",") if piece.strip()]
    wanted = f"{counted(len(classes), 'number')}, one for each class from {classes[0]} to {classes[-1]}"
    if len(pieces) != len(classes):
        raise TrainingError(f"The class weights by hand are {len(pieces):,}, and there must be {wanted}.")
    found = []
    for piece in pieces:
        try:
            number = float(piece)
        except ValueError:
            number = math.nan
        if not 0 <= number < 1e6:
            raise TrainingError(f"{piece[:40]!r} is no weight for a class. There must be {wanted}, from 0 on.")
        found.append(number)
    return found


def _shares(targets: Tensor, classes: int) -> Tensor:
    return targets if targets.is_floating_point() else one_hot(targets, classes).float()
