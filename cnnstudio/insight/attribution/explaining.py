"""Explaining: a method's map for a picture, how faithful it is, and what it marks with random weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Place
from cnnstudio.headroom import headroom, lack
from cnnstudio.insight.attribution.explanation import Explanation
from cnnstudio.insight.attribution.faithfulness import enlarged, faithfulness, likely, rank_correlation
from cnnstudio.insight.attribution.methods import Method
from cnnstudio.insight.attribution.question import AttributionError, Question
from cnnstudio.insight.cut import found_way, scores
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.training.build import build, require_room_to_run
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import evaluated
from cnnstudio.training.drawing import drawing
from cnnstudio.training.needs import needs
from cnnstudio.worker import Report

MOST = 32  # pictures that go through the network at once
_SHARE = 4  # of the free memory, one part in so many may be taken
_SEED = 1_000_003  # added to the recipe's: other weights than those that the run began with


def explained(
    subject: Subject,
    choice: int | OwnPicture,
    method: Method,
    report: Report,
    *,
    node: str | Place = "",
    target: int | None = None,
    with_random: bool = True,
) -> Explanation:
    """What ``method`` marks in a picture for the class ``target``, or for the network's answer.

    Where the method looks at a node it is ``node``, which may be inside a composite. ``with_random`` asks for the map
    of random weights as well. The network is evaluated and left as it was.
    Raises ``AttributionError``, ``TraceError``, ``WayError`` or ``NoRoomError`` with a sentence.
    """
    making = subject.prepared.probabilities
    picture, data, module = subject.picture(choice), subject.data, subject.module
    x = prepared_pictures(subject, torch.tensor(picture.image)[None])
    with looking(module):
        with torch.no_grad():
            given = scores(module, subject.source, x)[0]
        if given.shape != (len(data.classes),) or not bool(torch.isfinite(given).all()):
            raise AttributionError("The network does not end in a score for each class, so there is none to explain.")
        answer = int(given.argmax())
        asked = Question(
            module,
            subject.source,
            x,
            answer if target is None else target,
            found_way(subject, node) if method.at_node else "",
            room(subject),
        )
        marks = method.mark(asked, report)
        found = Explanation(
            method,
            str(asked.node),
            asked.target,
            answer,
            data.classes,
            picture.label,
            float(likely(given[None], making)[0, asked.target]),
            making is not None,
            picture.image.copy(),
            _laid(marks.values, x),
            (marks.values.shape[0], marks.values.shape[1]),
            faithfulness(asked, marks.values, making),
            remarks=marks.remarks,
        )
        if not with_random or not report("Doing the same with random weights", None):
            return found
        stranger = _stranger(subject)
        with evaluated(stranger):
            other = method.mark(replace(asked, module=stranger), report).values
    return replace(
        found,
        random=_laid(other, x),
        likeness=rank_correlation(marks.values.float().cpu().numpy(), other.float().cpu().numpy()),
    )


@contextmanager
def looking(module: nn.Module) -> Iterator[None]:
    """Inside, the module is evaluated, and what draws draws numbers of its own, the same each time."""
    with evaluated(module), drawing(0):
        yield


def prepared_pictures(subject: Subject, images: Tensor) -> Tensor:
    """Pictures (N, C, H, W) of bytes as the network reads them, on the device where that computes."""
    module, data = subject.module, subject.data
    place = next(module.parameters(), torch.empty(0)).device
    mean, std = (torch.tensor(numbers, device=place).view(-1, 1, 1) for numbers in (data.mean, data.std))
    require_room_to_run(subject.source, tuple(data.shape))
    return normalised(images.to(place), mean, std)


def room(subject: Subject, most: int = MOST) -> int:
    """How many pictures there is room for at once, forward and back, with all that is kept for the way back."""
    analysis = infer(subject.project.graph.acting)
    kept = max(1, 2 * analysis.memory.training)
    return min(at_once(subject.data.shape, most, PASS), max(1, headroom() // (_SHARE * kept)))


def _stranger(subject: Subject) -> nn.Module:
    """The same network with random weights, where there is room for it."""
    source = subject.source
    needed = needs(infer(subject.project.graph)).look
    if reason := lack("The same network with random weights", needed, headroom()):
        raise AttributionError(reason)
    made = build(source.text, source.class_name, subject.project.recipe.seed + _SEED)
    return made.to(next(subject.module.parameters(), torch.empty(0)).device)


def _laid(marks: Tensor, x: Tensor) -> NDArray[np.float32]:
    height, width = x.shape[2:]
    found: NDArray[np.float32] = enlarged(marks.detach().float().cpu()[None], height, width)[0].numpy()
    return found
