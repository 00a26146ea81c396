"""Run charts: the curves of a run as a figure: loss, accuracy and learning rate. Knows neither Qt nor torch."""

from __future__ import annotations

import numpy as np

from cnnstudio.figure.chart import Chart, Numbers, Series, Sign, drawn
from cnnstudio.figure.inks import AVERAGED, RATE, TRAIN, VALIDATION
from cnnstudio.figure.marks import Figure
from cnnstudio.figure.options import FigureError
from cnnstudio.figure.pyramid import Pyramid, smoothed
from cnnstudio.training.runs.history import History

MOST_BINS = 400  # of the steps: beyond that the least and the greatest of each, so that no peak is lost


def charts(history: History, *, logarithmic: bool = False) -> tuple[Chart, ...]:
    """Loss, accuracy and rate over the epochs; ``logarithmic`` is the axis of the loss.

    Raises ``FigureError`` with a sentence before the first step.
    """
    steps, epochs, started = history.steps, history.epochs, history.started
    if not len(steps) or started is None:
        raise FigureError("There are no curves yet: nothing has been trained.")
    at = steps["step"] / max(1, started.steps_per_epoch)

    def field(name: str, scale: float = 1.0) -> tuple[Series, ...]:
        found = list(_steps(at, steps[name] * scale))
        looks: tuple[tuple[str, str, str, Sign, tuple[float, ...]], ...] = (
            ("training", f"train_{name}", TRAIN, "circle", ()),
            ("validation", f"validation_{name}", VALIDATION, "triangle", (5.0, 3.0)),
            ("validation, averaged weights", f"average_{name}", AVERAGED, "", (1.5, 2.5)),
        )
        for title, column, color, sign, dash in looks:
            y = epochs[column] * scale
            if np.isfinite(y).any():
                # a mean of the steps of an epoch stands in the middle of them, on the course that joins such marks
                is_mean = title == "training"
                x = epochs["epoch"] - (0.5 if is_mean else 0.0)
                found.append(Series(title, x, y, color, sign, dash, width=0.0 if is_mean else 1.5))
        return tuple(found)

    some = np.linspace(0, len(at) - 1, min(len(at), 2 * MOST_BINS)).astype(int)  # it goes steadily, or in long steps
    rate = Series("", at[some], steps["learning_rate"][some], RATE)
    return (
        Chart("Loss", field("loss"), logarithmic),
        Chart("Accuracy, %", field("accuracy", 100.0), ends=(0.0, 103.0)),
        Chart("Learning rate", (rate,)),
    )


def curves(history: History, *, logarithmic: bool = False, grey: bool = False) -> Figure:
    """These charts as one figure, whose caption tells how they are to be read. Raises ``FigureError``."""
    made = charts(history, logarithmic=logarithmic)
    told = (
        "Loss, accuracy and learning rate over the epochs. The pale line is every step, by its own images; a disc is "
        "the mean of an epoch, in its middle; a triangle is the validation at its end."
    )
    if history.best is not None:
        accuracy, _ = history.best.score
        told += f" The best epoch is number {history.best.epoch}, with a validation accuracy of {accuracy:.1%}."
    return drawn(made, grey=grey, title="Training curves", caption=told)


def _steps(at: Numbers, y: Numbers) -> tuple[Series, Series]:
    """Every step as a pale line, and the course that it takes."""
    line, course = _thinned(at, y)
    return (
        Series("training, each step", *line, TRAIN, width=0.8, opacity=0.35, may_leave=True),
        Series("training", *course, TRAIN),
    )


def _thinned(at: Numbers, y: Numbers) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    """The curve in few enough points that keep its peaks, and its smoothed course."""
    pyramid = Pyramid()
    pyramid.take(y)
    bins = pyramid.bins(y, MOST_BINS)
    first = at[bins.first]
    last = at[np.minimum(bins.first + bins.size - 1, len(at) - 1)]
    course = (first + last) / 2, smoothed(bins.mean, bins.count)
    if len(known := y[np.isfinite(y)]):  # a line through the last steps must not tell of more than 100 %
        course = course[0], np.clip(course[1], known.min(), known.max())
    if bins.size == 1:
        return (at, y), course
    return (np.repeat(first, 2), np.stack([bins.low, bins.high], axis=1).ravel()), course
