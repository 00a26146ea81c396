"""One batch: whether the network learns at all. What cannot learn a few images by heart will not learn many.

A. Karpathy 2019, A Recipe for Training Neural Networks: https://karpathy.github.io/2019/04/25/recipe/
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from cnnstudio.project import Project
from cnnstudio.project.recipe import Section
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Finished, Step
from cnnstudio.training.rehearsal import RehearsalError, plain, rehearsed, shortened, trained
from cnnstudio.wording import counted
from cnnstudio.worker import Report

STEPS = 100
_KNOWN = 0.95  # of the images told right: it has learned them
_FELL = 0.5  # of the first loss: it is on its way


@dataclass(frozen=True)
class OneBatch:
    """What came of it: the loss and the share of images told right (0 to 1) before each step, and the verdict."""

    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    learns: bool
    sentence: str


def overfit_one_batch(project: Project, data: Data, report: Report) -> OneBatch:
    """Train a fresh copy of the network for up to 100 steps on one batch, without augmentation and smoothing.

    Weights, random state and files are afterwards what they were. Raises ``RehearsalError`` where ``report`` says to
    end, and what ``session.prepare`` and ``train`` raise, each with a sentence.
    """
    recipe = plain(project.recipe, Section.AUGMENTATION, Section.LOSS)
    recipe = dataclasses.replace(recipe, epochs=STEPS, weight_decay=0.0)
    losses, accuracies, end = list[float](), list[float](), ""
    with (
        rehearsed(project, data, report) as prepared,
        trained(prepared, recipe, shortened(prepared.data, recipe.batch_size)) as events,
    ):
        for event in events:
            if isinstance(event, Finished) and event.reason == "diverged":
                end = event.sentence
            if not isinstance(event, Step):
                continue
            losses.append(event.loss)
            accuracies.append(event.accuracy)
            if event.accuracy == 1.0 and event.loss < 0.05:
                break
            if not report("Learning one batch by heart", len(losses) / STEPS):
                raise RehearsalError("It was called off.")
    images = min(recipe.batch_size, len(data.train_labels))
    return judged(losses, accuracies, images, end)


def judged(losses: list[float], accuracies: list[float], images: int, end: str = "") -> OneBatch:
    """What these losses and accuracies say of a network that has seen the same ``images`` at every step."""
    kept = tuple(losses), tuple(accuracies)
    if end:
        return OneBatch(*kept, False, end)
    steps, known = counted(len(losses), "step"), max(accuracies[-10:], default=0.0)
    if known >= _KNOWN:
        sentence = f"The network learns: after {steps} it tells {known:.0%} of the same {images} images right."
        return OneBatch(*kept, True, sentence)
    first, last = losses[0], min(losses[-10:])
    fell = f"the loss went from {first:.3g} to {last:.3g}, and {known:.0%} of the same {images} images are told right"
    if last < _FELL * first:
        return OneBatch(*kept, True, f"The network learns, but slowly: in {steps} {fell}. A higher rate may help.")
    sentence = (
        f"The network hardly learns: in {steps} {fell}. More images will not help: look for a rate that is too low or "
        "too high, a softmax before the loss, layers that end in zeros, or a network that is too small."
    )
    return OneBatch(*kept, False, sentence)
