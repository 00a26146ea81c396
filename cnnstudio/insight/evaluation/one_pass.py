"""One pass: every validation image goes through the network once, and what it says is kept as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from cnnstudio.compiler.ending import Making
from cnnstudio.compiler.inference import infer
from cnnstudio.headroom import headroom
from cnnstudio.insight.evaluation.evaluation import Evaluation, EvaluationError
from cnnstudio.training.batches import Sides
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.classification_metrics import Counts
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import evaluated, of_any_batch, prepare_thread
from cnnstudio.training.drawing import Seeded
from cnnstudio.training.losses import Loss
from cnnstudio.training.needs import needs
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import Report

_TOGETHER = 128  # images that go through the network at once, where there is room for their maps
_SHARE = 4  # of the free memory, one part in so many may be taken
SEEING = "Looking at the validation images"


def evaluate(prepared: Prepared, report: Report) -> Evaluation:
    """Show a network all validation images once; ``prepared`` has its weights, which stay as they are.

    Where the recipe takes the mean over both sides of an image, that is what it says. Where ``report`` says to end, it
    is of the images that were seen until then. Raises ``EvaluationError`` where there is no score for each class.
    """
    data, place = prepared.data, _place(prepared)
    classes, total = len(data.classes), len(data.validation_labels)
    making = prepared.probabilities
    counts = Counts(classes, place)
    loss = Loss(prepared.project.recipe, data.train_labels, data.classes)
    parts: list[tuple[Tensor, ...]] = []
    waiting: list[Tensor] = []  # what was said since ``settled`` and is not counted yet
    settled = seen = 0

    def settle() -> None:
        # of many images together: of a small network, the work on its scores takes as long as the network
        scores, labels = torch.cat(waiting), data.validation_labels[settled:seen].to(place)
        waiting.clear()
        counts.take(scores, labels, loss.measured(scores, labels))
        parts.append(_verdicts(scores, labels, making))

    with evaluated(prepared.module), torch.no_grad():
        for scores in _scores(prepared, place):
            if scores.ndim != 2 or scores.shape[1] != classes:
                raise EvaluationError(
                    f"The network ends in {scores[0].numel():,} numbers, and there are {classes:,} classes: it cannot "
                    "be said which one it means."
                )
            waiting.append(scores)
            seen += len(scores)
            goes_on = report(SEEING, seen / total)
            if not goes_on or seen == total or seen - settled >= at_once((classes,)):
                settle()
                settled = seen
            if not goes_on:
                break
    answers, seconds, confidences, gaps, margins = (torch.cat(each).cpu() for each in zip(*parts, strict=True))
    return Evaluation(
        data.classes,
        data.validation_labels[:seen].numpy().astype(np.int64),
        answers.numpy(),
        seconds.numpy(),
        confidences.double().numpy(),
        gaps.double().numpy(),
        margins.double().numpy(),
        counts.metrics,
        total,
    )


def probabilities(scores: Tensor, making: Making | None) -> Tensor:
    """What the scores (N, classes) say as probabilities; not a number where nothing makes some of them."""
    match making:
        case Making.SOFTMAX:
            return scores.softmax(1)
        case Making.SIGMOID:
            return scores.sigmoid()
        case Making.EXP:
            return scores.exp()
        case Making.NOTHING:
            return scores
    return torch.full_like(scores, torch.nan)


def _verdicts(scores: Tensor, labels: Tensor, making: Making | None) -> tuple[Tensor, ...]:
    """Answers, seconds, confidences, gaps and margins (N,) of some images."""
    shares = probabilities(scores, making)
    answers = scores.argmax(1)
    rows = torch.arange(len(scores), device=scores.device)
    confidences, margins = shares[rows, answers], scores[rows, answers] - scores[rows, labels]
    if scores.shape[1] == 1:
        return answers, torch.full_like(answers, -1), confidences, confidences, margins
    others = scores.scatter(1, answers[:, None], -torch.inf)
    seconds = others.argmax(1)
    return answers, seconds, confidences, confidences - shares[rows, seconds], margins


def _place(prepared: Prepared) -> torch.device:
    first = next(prepared.module.parameters(), None)
    return first.device if first is not None else torch.device("cpu")


def _scores(prepared: Prepared, place: torch.device) -> Iterator[Tensor]:
    """The scores (N, classes) of some validation images at a time, in their order."""
    prepare_thread()
    data = prepared.data
    mean, std = (torch.tensor(numbers).view(-1, 1, 1).to(place) for numbers in (data.mean, data.std))
    # the same draws each time, where a layer draws when it is evaluated too
    network = Seeded(partial(of_any_batch, Sides(data, prepared.project.recipe).asked(prepared.module)))
    require_room_to_run(prepared.source, tuple(data.shape))
    maps = max(1, needs(infer(prepared.project.graph)).maps)
    step = min(at_once(data.shape, _TOGETHER, PASS), max(1, headroom() // (_SHARE * maps)))
    for start in range(0, len(data.validation_labels), step):
        images = normalised(data.validation_images[start : start + step].to(place), mean, std)
        yield network(images, start).float().flatten(1)
