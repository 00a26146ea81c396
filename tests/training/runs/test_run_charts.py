"""The curves of a run as a figure: every number of the history has its place, and a long run stays small."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnnstudio.figure.inks import TRAIN, VALIDATION
from cnnstudio.figure.marks import Circle, Polygon, Text
from cnnstudio.figure.options import FigureError
from cnnstudio.figure.svg import svg
from cnnstudio.training.events import EpochEnd, Started, Step
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.run_charts import MOST_BINS, charts, curves


def history(epochs: int = 3, steps: int = 10, average: float | None = None) -> History:
    made = History()
    made.take(Started(epochs, steps, "CPU", (), 100))
    for epoch in range(1, epochs + 1):
        for step in range(1, steps + 1):
            made.take(Step((epoch - 1) * steps + step, epoch, 1 / (epoch + step / steps), 0.5, 0.01, 100.0))
        made.take(EpochEnd(epoch, 1 / epoch, 0.5, 1.1 / epoch, 0.25 * epoch, 2.0, True, average_accuracy=average))
    return made


def test_loss_accuracy_and_rate_lie_over_the_epochs() -> None:
    loss, accuracy, rate = charts(history())
    by_name = {each.name: each for each in accuracy.series}
    assert by_name["validation"].y.tolist() == [25.0, 50.0, 75.0]
    assert by_name["validation"].x.tolist() == [1.0, 2.0, 3.0]
    assert loss.series[0].x[-1] == 3.0 and len(loss.series[0].x) == 30
    assert set(rate.series[0].y) == {0.01}
    assert "validation, averaged weights" not in by_name
    averaged = charts(history(average=0.5))[1].series[-1]
    assert (averaged.name, averaged.y.tolist()) == ("validation, averaged weights", [50.0] * 3)


def test_the_figure_marks_each_epoch_and_says_the_best_one() -> None:
    made = curves(history())
    assert len([m for m in made.marks if isinstance(m, Circle) and m.fill == TRAIN]) == 2 * 3 + 1
    assert len([m for m in made.marks if isinstance(m, Polygon) and m.fill == VALIDATION]) == 2 * 3 + 1
    assert "The best epoch is number 3, with a validation accuracy of 75.0%" in made.caption
    assert {"Loss", "Accuracy, %", "Learning rate"} <= {m.words for m in made.marks if isinstance(m, Text)}


def test_a_long_run_keeps_its_peaks_in_few_points() -> None:
    made = history(epochs=2, steps=40_000)
    made.steps["loss"][12_345] = 77.0
    steps = charts(made)[0].series[0]
    assert len(steps.x) <= 2 * MOST_BINS and np.nanmax(steps.y) == 77.0
    assert len(svg(curves(made), {})) < 200_000


def test_a_loss_that_is_no_number_is_left_out() -> None:
    made = history()
    made.steps["loss"][5:] = math.nan
    assert "nan" not in svg(curves(made, logarithmic=True), {})


def test_before_the_first_step_there_is_no_figure() -> None:
    with pytest.raises(FigureError, match="nothing has been trained"):
        curves(History())
