"""Race experiments: networks that differ in one thing are trained side by side, and their curves grow together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.figure.pyramid import smoothed
from cnnstudio.insight.calculation import Numbers
from cnnstudio.lessons.experiment import Curve, Curves, Outcome, Row, Side, Values, compared
from cnnstudio.lessons.small_networks import deep, digits, recipe, some, usual
from cnnstudio.project import Project
from cnnstudio.project.augmentations import RandomCrop, RandomRotation
from cnnstudio.project.recipe import Recipe
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.abreast import Runner
    from cnnstudio.training.data.loading import Data

SHALLOW = 6  # convolutions of the network that the deep ones are compared with
RATES = (1, 2, 5, 10, 20, 50)  # hundredths
GUESS = float(np.log(10))  # nats that guessing among ten classes costs

Tell = Callable[[Sequence["Runner"]], str]


_taught: list[tuple[tuple[Side, ...], tuple[Runner, ...]]] = []
"""What was trained last to be looked at, so that another look at it takes no second training."""


def taught(sides: Sequence[Side], data: Sequence[Data], report: Report) -> Generator[Outcome, None, tuple[Runner, ...]]:
    """Train the sides as ``race`` does, unless they are those that were trained last; the runners, none if stopped."""
    known = next((runners for trained, runners in _taught if trained == tuple(sides)), ())
    if known:
        return known
    found: tuple[Runner, ...] = ()

    def keep(runners: Sequence[Runner]) -> str:
        nonlocal found
        found = tuple(runners)
        return "They have learned…" if len(found) > 1 else "It has learned…"

    yield from race(sides, data, report, keep, "loss")
    if found:
        _taught[:] = [(tuple(sides), found)]
    return found


def race(
    sides: Sequence[Side], data: Sequence[Data], report: Report, told: Tell, of: str
) -> Generator[Outcome, None, None]:
    """Train the sides, each by its recipe: their curves and numbers again and again, and ``told`` of it at the end.

    ``of`` says what the curves are: "loss" on the training images, or "right" of the validation images.
    """
    from cnnstudio.training.abreast import abreast

    projects = [Project(side.graph, side.recipe or Recipe()) for side in sides]
    for runners in abreast(projects, data, report):
        is_over = all(each.share == 1.0 for each in runners)
        sentence = told(runners) if is_over else "They learn…"
        yield Outcome(tuple(sides), rows_of(sides, runners), sentence, curves=_curves(sides, runners, of))


def rows_of(sides: Sequence[Side], runners: Sequence[Runner]) -> tuple[Row, ...]:
    """What each has come to: parameters, and after its last epoch the loss and the share that is told right."""
    ends = [_last(each) for each in runners]
    weights = [side.totals.parameters for side in sides]
    rows = [Row("Parameters", tuple(f"{each:,}" for each in weights), tuple(map(float, weights)))]
    if all(ends):
        losses, trained, right = (tuple(end[at] for end in ends) for at in range(3))
        rows.append(Row("Loss, training", tuple(f"{each:.3f}" for each in losses), losses))
        rows.append(Row("Right, training", tuple(f"{each:.1%}" for each in trained), trained))
        rows.append(Row("Right, validation", tuple(f"{each:.1%}" for each in right), right))
    return tuple(rows)


def _last(runner: Runner) -> tuple[float, ...]:
    """Training loss, training accuracy and validation accuracy of the last epoch; nothing before its end."""
    epochs = runner.history.epochs
    names = ("train_loss", "train_accuracy", "validation_accuracy")
    return tuple(float(epochs[name][-1]) for name in names) if len(epochs) else ()


def _curves(sides: Sequence[Side], runners: Sequence[Runner], of: str) -> Curves:
    """Of the loss its course through the steps; of what is right the validation at the end of each epoch."""
    made, epochs = [], 1.0
    for ink, (side, runner) in enumerate(zip(sides, runners, strict=True)):
        history = runner.history
        started = history.started
        each = max(1, started.steps_per_epoch) if started is not None else 1
        epochs = float(started.epochs) if started is not None else epochs
        if of == "loss":
            x, y = history.steps["step"] / each, _course(history.steps["loss"])
        else:
            x, y = history.epochs["epoch"].copy(), history.epochs["validation_accuracy"] * 100.0
        made.append(Curve(side.title, x, y, ink))
    title = "Loss on the training images" if of == "loss" else "Right of the validation images, %"
    return Curves(title, "epoch", tuple(made), (0.0, epochs), (0.0, 2.6 if of == "loss" else 100.0))


def _course(losses: Numbers) -> Numbers:
    steady = np.where(np.isfinite(losses), losses, np.nan)
    known = np.isfinite(steady)
    return smoothed(np.where(known, steady, 0.0), known.astype(np.float64), 0.04)


def _before(sides: Sequence[Side], sentence: str) -> Outcome:
    """What is known before anything is trained."""
    return compared(sides, lambda: sentence, has_field=False)


# depth alone does harm


def _depth(values: Values) -> tuple[Side, ...]:
    layers = values["Convolutions"]
    learned = recipe(learning_rate=0.05, epochs=values["Epochs"])
    return (
        Side(f"Plain, {SHALLOW}", deep(SHALLOW, is_residual=False), learned),
        Side(f"Plain, {layers}", deep(layers, is_residual=False), learned),
        Side(f"Residual, {layers}", deep(layers, is_residual=True), learned),
    )


def degradation(values: Values) -> Outcome:
    """Three networks: few plain layers, many of them, and many with ways round."""
    layers = values["Convolutions"]
    return _before(
        _depth(values),
        f"The network with {layers} convolutions could do all that the one with {SHALLOW} does: the others need only "
        "hand on what they get. Train them, and see whether it learns that.",
    )


def train_degradation(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Train them on the digits, all with BatchNorm behind each convolution."""
    layers = values["Convolutions"]

    def told(runners: Sequence[Runner]) -> str:
        few, plain, residual = (_last(each)[0] for each in runners)
        verdict = (
            f"{layers} plain layers fit the images that they learn from worse than {SHALLOW}: {plain:.2f} nats against "
            f"{few:.2f}. That is no overfitting; it is degradation (He et al. 2015, arXiv:1512.03385)."
            if plain > few
            else f"So few layers do no harm yet: {plain:.2f} nats with {layers}, {few:.2f} with {SHALLOW}."
        )
        return f"{verdict} With a way round each two layers it is {residual:.2f}. BatchNorm stands in all three."

    sides = _depth(values)
    yield from race(sides, [digits()] * len(sides), report, told, "loss")


# BatchNorm on and off


def _normalised(values: Values) -> tuple[Side, ...]:
    learned = recipe(learning_rate=values["Learning rate"] / 100, epochs=values["Epochs"])
    layers = values["Convolutions"]
    return tuple(
        Side(title, deep(layers, is_residual=False, is_normalised=is_on), learned)
        for title, is_on in (("With BatchNorm", True), ("Without", False))
    )


def normalisation(values: Values) -> Outcome:
    """The same network with BatchNorm behind each convolution and without."""
    return _before(
        _normalised(values),
        "Both begin with weights of the same kind and take steps of the same length. Train them, and then once more "
        "with longer and with shorter steps.",
    )


def train_normalisation(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Train both on the digits."""

    def told(runners: Sequence[Runner]) -> str:
        sentences = []
        for name, runner in zip(("With BatchNorm", "Without it"), runners, strict=True):
            loss, *_ = _last(runner) or (float("nan"),)
            if runner.has_diverged:
                sentences.append(f"{name} the numbers became too large.")
            elif loss > GUESS - 0.1:
                sentences.append(f"{name} the loss is {loss:.2f}: what guessing costs is ln 10 = {GUESS:.2f}.")
            else:
                sentences.append(f"{name} the loss comes down to {loss:.2f}.")
        return f"{' '.join(sentences)} BatchNorm keeps what each layer gets in one size, whatever the weights are."

    sides = _normalised(values)
    yield from race(sides, [digits()] * len(sides), report, told, "loss")


# few pictures

SIDE = 16  # pixels; the digits are enlarged, so that they can be moved by halves of their own
CHANGES = (RandomCrop(padding=2), RandomRotation(15.0))


def _few(values: Values) -> tuple[Side, ...]:
    graph = usual((1, SIDE, SIDE), 16)
    learned = {"optimizer": "Adam", "learning_rate": 0.003, "schedule": "one-cycle", "batch_size": 20}
    return tuple(
        Side(title, graph, recipe(epochs=values["Epochs"], augmentations=changes, **learned))
        for title, changes in (("As they are", ()), ("Moved and turned", CHANGES))
    )


def few_pictures(values: Values) -> Outcome:
    """One network and few pictures, as they are and changed anew before each step."""
    return _before(
        _few(values),
        f"One network learns from the same {values['Pictures']} digits twice: as they are, and moved by up to 2 of "
        f"{SIDE} pixels and turned by up to 15° before each step.",
    )


def train_few_pictures(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Train both on as many digits of each class."""

    def told(runners: Sequence[Runner]) -> str:
        (_, known, same), (_, _, changed) = (_last(each) for each in runners)
        change = "more" if changed >= same else "fewer"
        return (
            f"As they are, the network tells {known:.0%} of its {values['Pictures']} pictures right and {same:.1%} of "
            f"those that it has never seen: it knows them by heart. Changed each time, it is right on {changed:.1%}, "
            f"{abs(changed - same) * 100:.1f} points {change}, with the same pictures and the same weights."
        )

    sides = _few(values)
    data = some(digits(SIDE), values["Pictures"])
    yield from race(sides, [data] * len(sides), report, told, "right")
