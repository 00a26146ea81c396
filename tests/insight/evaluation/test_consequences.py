"""What follows from an evaluation: calibration, properties of the pictures, two networks, tables and charts."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio.figure.marks import Polygon, Text
from cnnstudio.figure.svg import svg
from cnnstudio.insight.evaluation.calibration import calibration
from cnnstudio.insight.evaluation.charts import Inks, calibration_chart, cell_colors, matrix_chart, mixed, placed
from cnnstudio.insight.evaluation.contrast import Contrast
from cnnstudio.insight.evaluation.evaluation import Evaluation, EvaluationError
from cnnstudio.insight.evaluation.properties import (
    NAMED,
    OTHERS,
    PROPERTIES,
    SIZE,
    Described,
    column,
    groups,
    measured,
    sentence,
    sizes,
    wilson,
)
from cnnstudio.insight.evaluation.tables import as_csv, classes_table, matrix_table, pictures_table, properties_table
from cnnstudio.training.classification_metrics import Metrics


def of(
    labels: Sequence[int], answers: Sequence[int], sure: Sequence[float] | None = None, classes: str = "ab"
) -> Evaluation:
    """An evaluation of these images alone."""
    numbers, told = np.array(labels, np.int64), np.array(answers, np.int64)
    confidences = np.array(sure if sure is not None else [0.5] * len(labels), np.float64)
    metrics = Metrics(0.0, float((numbers == told).mean()), None, 0.0)
    margins = np.where(numbers == told, 0.0, confidences)
    return Evaluation(
        tuple(classes), numbers, told, numbers * 0, confidences, confidences, margins, metrics, len(labels)
    )


# calibration


def test_the_calibration_error_is_the_mean_distance_in_the_bins() -> None:
    """By hand, with two bins: 0.4 sure and all wrong, 0.9 sure and one of two right."""
    found = calibration(of([0, 0, 0, 0], [1, 1, 0, 1], [0.4, 0.4, 0.9, 0.9]), bins=2)
    assert [(each.images, each.accuracy) for each in found.bins] == [(2, 0.0), (2, 0.5)]
    assert found.error == pytest.approx(0.5 * 0.4 + 0.5 * 0.4) and found.largest == pytest.approx(0.4)
    assert "surer than it is right" in found.sentence


def test_an_edge_belongs_to_the_lower_bin_and_certainty_to_the_last() -> None:
    found = calibration(of([0] * 4, [0] * 4, [0.5, 0.500001, 1.0, 0.0]), bins=2)
    assert [each.images for each in found.bins] == [2, 2]


def test_a_calibrated_network_has_no_error_to_speak_of() -> None:
    random = np.random.default_rng(1)
    sure = random.uniform(0.5, 1.0, 40_000)
    answers = (random.uniform(size=40_000) > sure).astype(int)
    assert calibration(of([0] * 40_000, answers.tolist(), sure.tolist())).error < 0.01


def test_scores_that_make_no_probabilities_are_said_not_counted() -> None:
    found = calibration(of([0, 1], [0, 1], [np.nan, np.nan]))
    assert found.images == 0 and "no probabilities" in found.sentence
    assert calibration_chart(found, 300.0, 200.0).marks


# properties


def test_brightness_contrast_and_sharpness_are_those_of_the_grey_picture() -> None:
    random = np.random.default_rng(2)
    images = random.integers(0, 256, (7, 3, 9, 8), np.uint8)
    found = measured(images)
    for number in range(7):
        red, green, blue = images[number] / 255
        grey = 0.299 * red + 0.587 * green + 0.114 * blue
        laplacian = [
            grey[y - 1, x] + grey[y + 1, x] + grey[y, x - 1] + grey[y, x + 1] - 4 * grey[y, x]
            for y in range(1, 8)
            for x in range(1, 7)
        ]
        own = [found[key].values[number] for key in ("brightness", "contrast", "sharpness")]
        assert own == pytest.approx([grey.mean(), grey.std(), np.var(laplacian)], rel=1e-4)


def test_groups_hold_every_picture_once_and_equal_ones_together() -> None:
    values = np.array([1.0] * 50 + [2.0] * 3 + list(np.linspace(3, 4, 47)))
    found = groups(of([0] * 100, [0] * 60 + [1] * 40), Described(SIZE, values))
    assert sorted(np.concatenate([each.numbers for each in found]).tolist()) == list(range(100))
    assert found[0].low == found[0].high == 1.0 and len(found[0].numbers) == 50
    assert all(one.high < other.low for one, other in pairwise(found))
    assert sum(each.right for each in found) == 60


def test_a_difference_is_called_chance_where_the_intervals_overlap() -> None:
    bright = Described(PROPERTIES["brightness"], np.arange(100.0))
    few = groups(of([0] * 100, [0] * 18 + [1] * 2 + [0] * 80), bright)
    assert "may be chance" in sentence(bright, few, 100)
    much = sentence(bright, groups(of([0] * 100, [1] * 20 + [0] * 80), bright), 100)
    assert much.startswith("Of the darkest 20 pictures 0.0% are told right, of the brightest 20 100.0%: 100.0 points")
    assert "more than chance" in much
    alike = Described(PROPERTIES["contrast"], np.ones(2))
    assert "is the same in all pictures" in sentence(alike, groups(of([0, 0], [0, 1]), alike), 2)
    assert set(PROPERTIES) == {"brightness", "contrast", "sharpness"}


def test_the_size_is_that_in_the_file(tmp_path: Path) -> None:
    """However small the network's input is; of a file that is gone it is not known, and is in no group."""
    files = []
    for number, (width, height) in enumerate(((3, 5), (40, 20), (7, 7))):
        files.append(str(tmp_path / f"{number}.png"))
        Image.new("L", (width, height)).save(files[-1])
    (tmp_path / "torn.png").write_bytes(b"no picture")
    found = sizes([*files, str(tmp_path / "torn.png"), str(tmp_path / "gone.png")])
    assert found.values[:3].tolist() == [15, 800, 49] and np.isnan(found.values[3:]).all()
    made = groups(of([0] * 5, [0, 1, 0, 0, 0]), found)
    assert sorted(np.concatenate([each.numbers for each in made]).tolist()) == [0, 1, 2]
    told = sentence(found, made, 5)
    assert "Of the smallest 1 picture 100.0% are told right, of the largest 1 0.0%" in told
    assert told.endswith("Of 2 pictures it is not known.")


def test_a_column_of_words_has_a_group_a_word_and_one_for_the_rarer() -> None:
    cells = ["Bern"] * 40 + ["Basel"] * 40 + [""] * 5 + [f"site {n:02}" for n in range(15)]
    site = column("site", cells)
    evaluation = of([0] * 100, [0] * 40 + [1] * 40 + [0] * 20)
    found = groups(evaluation, site)
    assert len(found) == NAMED and found[-1].name == OTHERS
    by_name = {each.name: each for each in found}
    assert by_name["Bern"].numbers.tolist() == list(range(40)) and by_name["Basel"].right == 0
    assert sum(len(each.numbers) for each in found) == 95
    told = sentence(site, found, 100)
    assert "with Basel 0.0%, the fewest" in told and "more than chance" in told
    assert "The 7 most frequent of 17 are told apart." in told and "Of 5 pictures it is not known." in told
    rows = properties_table(evaluation, [site])
    assert rows[1][:5] == ["site", "Basel", "Basel", "40", "0"]


def test_a_column_of_numbers_is_ordered_by_them() -> None:
    age = column("age", [str(number) for number in range(100)])
    assert not age.names and age.values.tolist() == list(range(100))
    told = sentence(age, groups(of([0] * 100, [0] * 50 + [1] * 50), age), 100)
    assert told.startswith("Of the 20 pictures with the lowest age 100.0% are told right, of the 20 with the highest")
    few = column("year", ["2019", "2009", "nan", "2019"])
    assert few.names == ("2009", "2019") and few.values.tolist()[:2] == [1, 0] and np.isnan(few.values[2])
    assert column("mm", ["1,5", "12"], has_commas=True).names == ("1.5", "12")
    assert column("mm", ["1,5", "12"]).names == ("1,5", "12"), "told as words: a comma parts thousands as well"


def test_among_many_words_the_two_ends_differ_by_chance_more_easily() -> None:
    """10 of 10 against 3 of 10: more than chance for two words, not for the ends among eight."""
    right = [1] * 13 + [0] * 7
    two = column("x", ["a"] * 10 + ["b"] * 10)
    assert "more than chance" in sentence(two, groups(of([1] * 20, right), two), 20)
    words = ["a"] * 10 + ["b"] * 10 + [letter for letter in "cdefgh" for _ in range(10)]
    eight = column("x", words)
    assert "may be chance" in sentence(eight, groups(of([1] * 80, right + ([1] * 6 + [0] * 4) * 6), eight), 80)


def test_the_wilson_interval_is_that_of_the_textbook() -> None:
    """Newcombe 1998, Two-sided confidence intervals for the single proportion, table I: 81 of 263, 0 of 20."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


# two networks


def test_mcnemar_counts_the_pictures_that_only_one_tells() -> None:
    """Exact test by hand: 1 against 9 of 10 has 2 (1 + 10) / 1,024."""
    one = of([0] * 20, [0] * 9 + [1] + [0] * 10)
    other = of([0] * 20, [1] * 9 + [0] + [0] * 10)
    found = Contrast(one, other, "this", "that")
    assert found.only_one.tolist() == list(range(9)) and found.only_other.tolist() == [9]
    assert found.chance == pytest.approx(22 / 1024)
    assert found.sentence == (
        "this tells 9 pictures right that that tells wrong, and 1 the other way round. "
        "So this is better, and that is more than chance (McNemar, p = 0.021)."
    )
    assert found.recalls[0] == ("a", pytest.approx(0.95), pytest.approx(0.55))
    assert Contrast(one, one, "this", "that").sentence == "Both tell the same pictures right."


def test_many_differences_are_tested_by_the_normal_distribution_as_well() -> None:
    """520 against 580: the exact value is 0.0753 (SciPy's binomtest), Edwards' correction gives nearly that."""
    answers = [0] * 520 + [1] * 580
    found = Contrast(of([0] * 1100, answers), of([0] * 1100, [1 - each for each in answers]), "this", "that")
    assert found.chance == pytest.approx(0.0753, abs=0.001) and "may be chance" in found.sentence


def test_networks_that_saw_other_pictures_are_not_compared() -> None:
    with pytest.raises(EvaluationError, match="same validation images"):
        Contrast(of([0, 1], [0, 0]), of([1, 1], [0, 0]), "this", "that")
    with pytest.raises(EvaluationError, match="other classes"):
        Contrast(of([0], [0]), of([0], [0], classes="ac"), "this", "that")


# taking it away


def test_tables_are_read_back_as_they_were_and_no_class_becomes_a_formula() -> None:
    found = of([0, 0, 1], [0, 1, 1], [0.9, 0.8, 0.7], classes="=b")
    rows = list(csv.reader(io.StringIO(as_csv(matrix_table(found)))))
    assert rows == [["class \\ answer", "'=", "b"], ["'=", "1", "1"], ["b", "0", "1"]]
    assert pictures_table(found)[2] == ["2", "=", "b", "0.8", "=", "no"]
    by_class = classes_table(found)
    assert by_class[1] == ["=", "2", "1", "1", "1.000000", "0.500000", "0.666667"]
    assert by_class[-1][:4] == ["(all)", "3", "3", "2"]


def test_every_cell_of_the_matrix_chart_says_count_and_share_up_to_twenty_classes() -> None:
    words = {mark.words for mark in matrix_chart(of([0, 0, 0, 1], [0, 0, 1, 1])).marks if isinstance(mark, Text)}
    assert {"2", "67%", "33%", "100%", "a", "b"} <= words
    many = "".join(map(chr, range(200, 225)))
    found = matrix_chart(of(list(range(25)), [0] * 25, classes=many))
    assert not [mark for mark in found.marks if isinstance(mark, Text) and mark.words == "1"]
    assert len([mark for mark in found.marks if isinstance(mark, Polygon)]) == 25 + 1
    assert "<svg" in svg(found, {})


@pytest.mark.parametrize("inks", [Inks(), Inks("#1c2028", "#e6e9ef", "#98a2b3", "#323946", "#5b9dff", "#ff6b6b")])
def test_what_a_cell_says_can_be_read_on_its_ground(inks: Inks) -> None:
    """WCAG 2 asks for a contrast of 4.5; of a cell's two numbers one is large, so 4 is enough for all shares."""

    def light(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for share in np.linspace(0.01, 1.0, 40):
        for is_right in (True, False):
            ground, ink = cell_colors(float(share), is_right, inks)
            high, low = sorted((light(ground), light(ink)), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.0, (share, is_right, ground, ink)
    assert mixed("#ffffff", "#000000", 0.5) == "#808080"


def test_points_keep_their_proportions_and_stay_inside() -> None:
    found = placed(np.array([[0.0, 0.0], [2.0, 1.0], [4.0, 0.0]]), 200.0, 300.0, 10.0)
    assert found.min() >= 10 and found[:, 0].max() == pytest.approx(190)
    assert (found[0, 1] - found[1, 1]) == pytest.approx(45), "y grows upwards, in the scale of x"
