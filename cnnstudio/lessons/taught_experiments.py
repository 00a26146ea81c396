"""Taught experiments: a small network has learned, and is looked at: what a channel is worth, and what weighs it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
    SqueezeExcite,
)
from cnnstudio.graph import Sketch
from cnnstudio.insight.calculation import Numbers
from cnnstudio.lessons.experiment import Curve, Curves, Outcome, Row, Side, Values, compared
from cnnstudio.lessons.race_experiments import taught
from cnnstudio.lessons.small_networks import DIGITS, digits, recipe, usual
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.weighed import Weighed
    from cnnstudio.training.abreast import Runner

FIRST = 8  # channels of the first convolution
CHANCES = 5  # orders drawn by chance, whose mean is told
LEARNED = {"optimizer": "Adam", "learning_rate": 0.01, "schedule": "one-cycle", "batch_size": 64}
DIFFERENCES = 4  # channels that are told, those that differ most


# pruning


def _whole(values: Values) -> Side:
    graph = usual(DIGITS, FIRST, second=values["Channels"])
    return Side("Whole", graph, recipe(epochs=values["Epochs"], **LEARNED))


def _removed(values: Values) -> int:
    """How many channels are taken out: a share of all, and never all of them."""
    return min(round(values["Channels"] * values["Taken out, %"] / 100), values["Channels"] - 1)


def _kept(values: Values) -> Side:
    left = values["Channels"] - _removed(values)
    return Side(f"{counted(left, 'channel')} left", usual(DIGITS, FIRST, second=left))


def pruning(values: Values) -> Outcome:
    """The network, and what would be left of it."""
    return compared(
        (_whole(values), _kept(values)),
        lambda: (
            f"The second convolution makes {counted(values['Channels'], 'map')}. Train it; then the channels are taken "
            "out one after the other, those first that are worth least, and nothing is trained again."
        ),
        has_field=False,
    )


def train_pruning(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Train it, and take channels out of the second convolution by three orders."""
    from cnnstudio.insight.pruning import accuracies, by_weights, by_worth

    side, left = _whole(values), _kept(values)
    runners = yield from taught((side,), (digits(),), report)
    if not runners:
        return
    ready, node = runners[0].prepared, "conv2"
    worth = by_worth(ready, node, report)
    if len(worth) < values["Channels"]:
        return
    chances = [tuple(np.random.default_rng(seed).permutation(values["Channels"]).tolist()) for seed in range(CHANCES)]
    orders = {"Worth least": [worth], "Smallest filters": [by_weights(ready, node)], "Chance": chances}
    courses: dict[str, Numbers] = {}
    for name, drawn in orders.items():
        several = [accuracies(ready, node, order, report) for order in drawn]
        if np.isnan(several).any():
            return
        courses[name] = np.mean(several, axis=0)
    yield _pruned(values, side, left, courses)


def _pruned(values: Values, side: Side, left: Side, courses: dict[str, Numbers]) -> Outcome:
    gone = _removed(values)
    right = tuple(float(course[gone]) for course in courses.values())
    whole = float(courses["Chance"][0])
    weights, rest = (each.totals.parameters for each in (side, left))
    lasting = {name: int(np.flatnonzero(course >= whole - 0.01).max(initial=0)) for name, course in courses.items()}
    rows = (
        Row(f"Right without {gone}", tuple(f"{each:.1%}" for each in right), right),
        Row("Can go for 1 point", tuple(map(str, lasting.values())), tuple(map(float, lasting.values()))),
        Row("Parameters left", (f"{rest:,}",) * len(courses)),
    )
    sentence = (
        f"Whole, it tells {whole:.1%} of the validation pictures right. Without the {counted(gone, 'channel')} of "
        f"{values['Channels']} that are worth least it is {right[0]:.1%}, without as many by chance {right[2]:.1%} "
        f"(the mean of {CHANCES} draws), and {rest / weights:.0%} of {weights:,} parameters are left. What a "
        "channel is worth was asked of training pictures: each time that one goes which the loss misses least."
    )
    count = np.arange(values["Channels"] + 1, dtype=np.float64)
    curves = tuple(Curve(name, count, course * 100.0, ink) for ink, (name, course) in enumerate(courses.items()))
    shown = Curves("Right of the validation pictures, %", "channels taken out", curves, high=(0.0, 100.0))
    return Outcome((side, left), rows, sentence, titles=tuple(courses), curves=shown)


# SE's channel weights


def _gated(values: Values) -> Side:
    """A residual network with squeeze-and-excitation before what goes round is added, as the paper has it."""
    draw, channels = Sketch(), values["Channels"]

    def convolved(x: str) -> str:
        return draw.chain(x, Conv2d(channels, 3, padding=1, bias=False), BatchNorm2d())

    x = draw.chain(convolved(draw(Input(DIGITS))), ReLU(), MaxPool2d(2))
    x = draw(ReLU(), convolved(x))
    x = draw(ReLU(), draw(Add(), x, draw(SqueezeExcite(2), convolved(x))))
    draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Linear(10))
    return Side("With squeeze-and-excitation", draw.graph(), recipe(epochs=15, **LEARNED))


def gates(values: Values) -> Outcome:
    """The network, before anything is known of its weights."""
    return compared(
        (_gated(values),),
        lambda: (
            f"Behind the third convolution a small network looks at the means of {values['Channels']} maps and gives "
            "each map a weight from 0 to 1. Train it, and see what it weighs for two digits."
        ),
        has_field=False,
    )


def train_gates(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Train it, and take the mean of the weights over the validation pictures of each class."""
    side = _gated(values)
    runners = yield from taught((side,), (digits(),), report)
    if not runners:
        return
    yield _weighed(values, side, _gates_of(runners[0], report), runners)


def _gates_of(runner: Runner, report: Report) -> Weighed:
    from cnnstudio.compiler.source import Place
    from cnnstudio.insight.subject import Subject
    from cnnstudio.insight.weighing import mean_weighed

    node = next(node.name for node in runner.prepared.project.graph if isinstance(node.block, SqueezeExcite))
    return mean_weighed(Subject(runner.prepared, "", is_trained=True), Place(node), 0, None, report)


def _weighed(values: Values, side: Side, found: Weighed, runners: Sequence[Runner]) -> Outcome:
    means = found.values[0].astype(np.float64)  # (classes, channels)
    chosen = values["One digit"], values["Another digit"]
    one, other = (means[each] for each in chosen)
    apart = np.abs(one - other)
    most = apart.argsort()[::-1][:DIFFERENCES]
    rows = tuple(
        Row(f"Channel {at + 1}", (f"{one[at]:.2f}", f"{other[at]:.2f}"), (float(one[at]), float(other[at])))
        for at in most.tolist()
    )
    right = float(runners[0].history.epochs["validation_accuracy"][-1])
    spread = float(np.ptp(means, axis=0).mean())
    at = int(most[0])
    difference = (
        f"Channel {at + 1} differs most: {one[at]:.2f} for {chosen[0]} and {other[at]:.2f} for {chosen[1]}."
        if chosen[0] != chosen[1]
        else "Choose two digits to see where they differ."
    )
    sentence = (
        f"{difference} Between the ten digits a weight differs by {spread:.2f} on the mean of all channels. These are "
        f"means over the validation pictures of each class; the network tells {right:.1%} of all of them right."
    )
    count = np.arange(1, len(one) + 1, dtype=np.float64)
    names = tuple(f"Digit {each}" for each in chosen)
    curves = Curves(
        "Weight of each channel", "channel", (Curve(names[0], count, one), Curve(names[1], count, other, 1)),
        high=(0.0, 1.0),
    )  # fmt: skip
    return Outcome((side,), rows, sentence, titles=names, curves=curves)
