"""Rehearsal: the network trained for a moment on the side, to learn how it will go; nothing of it is left."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import torch

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe, Section
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Event
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.readiness import lack_of_training
from cnnstudio.training.runs.session import Prepared, prepare
from cnnstudio.training.turn import TURN_SECONDS, turn
from cnnstudio.worker import Report

_UNTRIED = ("accumulation", "patience", "keep_best", "averaging", "compile")  # of a few steps nothing comes of these


class RehearsalError(ValueError):
    """A rehearsal that was called off, or cannot be held; the message is a sentence."""


@contextmanager
def rehearsed(project: Project, data: Data, report: Report, *, at_random: bool = False) -> Iterator[Prepared]:
    """The network with its first weights and these images, to be trained inside.

    It is built for this alone, in its turn with every other training. ``at_random`` leaves the weights away that the
    recipe names: nothing is fetched, and a step takes as long.
    Raises ``RehearsalError`` where ``report`` says to end before its turn has come, or where there is no room for it.
    """
    if reason := lack_of_training(project, infer(project.graph)):
        raise RehearsalError(reason)
    with in_turn(report):
        yield at_first(project, data) if at_random else prepare(project, report, data)


@contextmanager
def in_turn(report: Report) -> Iterator[None]:
    """Inside, nothing else in this program trains. Raises ``RehearsalError`` where ``report`` says to end before."""
    while not turn.acquire(timeout=TURN_SECONDS):
        if not report("Waiting until the training has ended…", None):
            raise RehearsalError("It was called off.")
    try:
        yield
    finally:
        turn.release()


def at_first(project: Project, data: Data) -> Prepared:
    """The network with the first weights of its seed, whatever weights the recipe names, and these images."""
    text = source(project.graph)
    return Prepared(project, text, fresh(text, project.recipe), data)


@contextmanager
def trained(
    prepared: Prepared,
    recipe: Recipe,
    data: Data,
    folder: Path | None = None,
    rate: Callable[[int], float] | None = None,
) -> Iterator[Generator[Event, None, None]]:
    """The events of training it by another recipe on other images; ended when they are left."""
    with closing(train(prepared.module, data, recipe, folder, source=prepared.source, rate=rate)) as events:
        yield events


def shortened(data: Data, train_images: int | None = None, validation_images: int = 2) -> Data:
    """The data with so many of its images alone, those to train with from every part of it."""
    count = len(data.train_labels)
    chosen = torch.linspace(0, count - 1, min(count, train_images)).long() if train_images is not None else slice(None)
    return dataclasses.replace(
        data,
        train_images=data.train_images[chosen],
        train_labels=data.train_labels[chosen],
        validation_images=data.validation_images[:validation_images],
        validation_labels=data.validation_labels[:validation_images],
    )


def plain(recipe: Recipe, *sections: Section) -> Recipe:
    """The recipe at a constant rate with a step of the optimizer for every batch, to its end and without averages.

    What is in these sections is as in a recipe that nobody has touched.
    """
    usual, fields = Recipe().values, Recipe.sections()
    names = [*_UNTRIED, *(field.name for section in sections for field in fields[section])]
    return dataclasses.replace(recipe, **{name: usual[name] for name in names}, schedule="constant")
