"""Charts: where a number lies, what is left out, what a legend says, and the same marks in every kind of file."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from cnnstudio.figure.chart import HEIGHTS, MOST_SIGNS, Chart, Series, drawn
from cnnstudio.figure.marks import Circle, Figure, Line, Polygon, Text
from cnnstudio.figure.svg import svg

RED = "#ff0000"


def series(y: list[float], name: str = "training", **more: object) -> Series:
    return Series(name, np.arange(1.0, len(y) + 1), np.array(y), RED, **more)  # type: ignore[arg-type]


def lines(figure: Figure, color: str = RED) -> list[Line]:
    """Of the curves; that of the legend comes first."""
    return [mark for mark in figure.marks if isinstance(mark, Line) and mark.stroke == color]


def words(figure: Figure) -> list[str]:
    return [mark.words for mark in figure.marks if isinstance(mark, Text)]


def level(figure: Figure, number: str) -> float:
    """How high the line of the grid lies that has this number."""
    (text,) = [
        mark for mark in figure.marks if isinstance(mark, Text) and mark.words == number and mark.anchor == "end"
    ]
    heights = [m.points[0][1] for m in figure.marks if isinstance(m, Line) and m.points[0][1] == m.points[1][1]]
    return min(heights, key=lambda y: abs(y - text.place[1] + 3.3))


def test_a_number_lies_where_the_axis_says() -> None:
    made = drawn([Chart("Loss", (series([2.0, 1.0, 0.0]),))])
    (_, curve) = lines(made)
    assert [y for _, y in curve.points] == pytest.approx([level(made, "2"), level(made, "1"), level(made, "0")])
    assert {"Loss", "training", "epoch"} <= set(words(made))


def test_on_a_logarithmic_axis_equal_ratios_are_equally_far_apart() -> None:
    made = drawn([Chart("Loss", (series([1.0, 0.1, 0.01]),), logarithmic=True)])
    (_, curve) = lines(made)
    heights = [y for _, y in curve.points]
    assert heights == pytest.approx([level(made, "1"), level(made, "0.1"), level(made, "0.01")])
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf"), 0.0, -1.0])
def test_what_is_no_number_on_the_axis_breaks_the_line(bad: float) -> None:
    made = drawn([Chart("Loss", (series([4.0, 3.0, bad, 2.0, 1.0]),), logarithmic=True)])
    assert [len(line.points) for line in lines(made)[1:]] == [2, 2]


def test_a_peak_that_may_leave_is_cut_at_the_edge_of_the_field() -> None:
    peak = [1.0] * 300
    peak[150] = 1_000.0
    made = drawn([Chart("Loss", (series(peak, may_leave=True),))])
    parts = lines(made)[1:]
    tops = [min(y for _, y in line.points) for line in parts]
    field = next(m for m in made.marks if isinstance(m, Line) and len(m.points) == 3)
    assert min(tops) == pytest.approx(field.points[0][1])
    assert len(parts) == 2, "it goes out at the top and comes back"
    assert level(made, "1") - min(tops) < HEIGHTS[1] / 5, "the axis goes by the others"


def test_few_points_have_signs_and_many_are_a_line() -> None:
    few = drawn([Chart("Loss", (series([1.0] * 5, sign="circle", width=0.0),))])
    assert len([mark for mark in few.marks if isinstance(mark, Circle)]) == 5 + 1
    assert not lines(few)
    many = drawn([Chart("Loss", (series([1.0] * (MOST_SIGNS + 1), sign="triangle", width=0.0),))])
    assert len([mark for mark in many.marks if isinstance(mark, Polygon)]) == 1, "that of the legend"
    assert len(lines(many)) == 1


def test_a_name_stands_once_in_the_legend_and_an_empty_one_not_at_all() -> None:
    both = series([1.0, 2.0]), series([1.0, 2.0], sign="circle", width=0.0), series([1.0], name="")
    made = drawn([Chart("Loss", both), Chart("Accuracy", both), Chart("Rate", both)])
    assert words(made).count("training") == 1
    assert "" not in words(made)
    assert len({mark.place[1] for mark in made.marks if isinstance(mark, Text) and mark.bold}) == 2, "two in a row"


def test_without_colours_no_mark_has_one() -> None:
    made = drawn([Chart("Loss", (series([1.0, 2.0], dash=(4.0, 2.0)), series([2.0, 1.0], sign="circle")))], grey=True)
    assert not lines(made)
    for color in {line.stroke for line in made.marks if isinstance(line, Line)}:
        parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
        assert max(parts) - min(parts) < 40


@pytest.mark.parametrize("y", [[], [float("nan")], [0.0], [0.0, 0.0], [-3.0, -3.0], [1e-30, 1e30], [5.0]])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_there_is_a_chart_of_anything(y: list[float], logarithmic: bool) -> None:
    made = drawn([Chart("Loss", (series(y, sign="circle"),), logarithmic)])
    text = svg(made, {})
    ElementTree.fromstring(text)
    assert "nan" not in text and "inf" not in text


def test_the_drawing_has_dashes_and_what_a_person_called_it_as_text() -> None:
    made = drawn([Chart("<b>&", (series([1.0, 2.0], name="</svg><script>", dash=(5.0, 3.0)),))], title="A <title>")
    root = ElementTree.fromstring(svg(made, {}))
    found = [element for element in root.iter() if element.get("stroke-dasharray") == "5 3"]
    assert len(found) == 2 and all(element.get("stroke-linecap") == "butt" for element in found)
    assert "</svg><script>" in [element.text for element in root.iter()]
    assert root[0].text == "A <title>"
