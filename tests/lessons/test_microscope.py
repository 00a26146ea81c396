"""The microscope: every number as torch gives it, the worked examples of the syllabus, and what cannot be."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cnnstudio.lessons.microscope import Microscope
from cnnstudio.lessons.microscope_setting import Setting
from cnnstudio.lessons.photograph import photograph
from cnnstudio.lessons.worked_examples import EXAMPLES, FILTERS, filtered

ROOT = Path(__file__).resolve().parents[2]
BY_TITLE = {example.title: example for example in EXAMPLES}
# example -> all that comes out, as it stands in the course notes or was worked out by hand
WORKED = {
    "A kernel over 5 × 5": [[-2, -1, 3], [-1, 0, 0], [0, -1, 0]],
    "An edge filter over 1 to 16": [[-6, -6], [-6, -6]],
    "True convolution along a row": [[3, -2, 6, 2, -10, -2]],
    "Padding: reflect": [[2, 1, 2, 3, 2]],
    "Padding: symmetric": [[1, 1, 2, 3, 3]],
    "Edges in textbooks: flipped, symmetric": [[3, 6, 6, 3]] * 4,
    "Max pooling": [[6, 4], [4, 8]],
    "Average pooling": [[3.75, 2.25], [1.75, 5.75]],
    "A strided convolution for a pool": [[3.75, 2.25], [1.75, 5.75]],
    "Pooling four blocks: the largest": [[4, 8], [12, 16]],
    "Pooling four blocks: the mean": [[2.5, 6.5], [10.5, 14.5]],
    "Global average pooling": [[54 / 16]],
    "LP pooling": [[5, 1]],
    "The last window of ceil_mode": [[0.5, 1.5, 0.5], [1.0, 0.75, 1.5], [0.5, 1.5, 0.0]],
    "Transposed convolution": [
        [1, 2, 3, 4, 2], [2, 4, 6, 8, 4], [4, 8, 10, 12, 6], [6, 12, 14, 16, 8], [3, 6, 7, 8, 4],
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def command() -> ModuleType:
    """The command that holds thousands of settings against torch."""
    spec = importlib.util.spec_from_file_location("benchmarks_microscope", ROOT / "benchmarks" / "microscope.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def test_settings_drawn_by_chance_give_the_numbers_of_torch(command: ModuleType) -> None:
    refused = 0
    for microscope in command.drawn(400, seed=3):
        found = command.difference(microscope)
        assert not isinstance(found, str), f"{found}: {microscope.setting.changed_values}"
        assert found <= command.CLOSE, microscope.setting.changed_values
        refused += bool(microscope.refusal)
    assert 20 < refused < 300, "both kinds are drawn"


@pytest.mark.parametrize("title", WORKED)
def test_worked_examples_come_out_as_they_should(title: str) -> None:
    found = BY_TITLE[title].make()
    assert not found.refusal
    assert np.allclose(found.output[0], WORKED[title], rtol=0, atol=1e-12)


def test_the_first_row_of_a_correlation_with_zeros_at_the_edges() -> None:
    found = BY_TITLE["Edges in PyTorch: not flipped, zeros"].make()
    assert found.output[0, 0].tolist() == [-8, -4, -4, 10]


def test_a_wrong_table_in_the_notes_is_told_of() -> None:
    assert "one is right" in BY_TITLE["A kernel over 5 × 5"].sentence


def test_every_example_can_be_and_each_number_is_told_as_it_comes_out() -> None:
    for example in EXAMPLES:
        found = example.make()
        assert not found.refusal, example.title
        for cell in ((0, 0, 0), tuple(length - 1 for length in found.output.shape)):
            told = found.calculation(cell)
            assert told.agrees and told.lines, example.title


def test_a_mixed_number_weighs_the_channels_of_its_place() -> None:
    found = BY_TITLE["1 × 1 mixes channels"].make()
    red, green, blue = found.value
    assert (found.output[0] == red + green + blue).all() and (found.output[1] == red - green).all()


@pytest.mark.parametrize(
    ("size", "kernel", "padding", "stride", "out"),
    [
        (32, 3, 1, 1, 32), (32, 3, 0, 1, 30), (32, 5, 2, 1, 32), (32, 3, 1, 2, 16), (112, 7, 3, 2, 56), (8, 3, 0, 1, 6),
        (8, 3, 0, 2, 3), (5, 3, 0, 1, 3), (5, 3, 1, 1, 5),
    ],
)  # fmt: skip
def test_the_size_is_written_with_its_numbers(size: int, kernel: int, padding: int, stride: int, out: int) -> None:
    setting = Setting(kernel_size=kernel, padding=padding, stride=stride)
    found = Microscope.of(setting, np.zeros((size, size)))
    assert found.output.shape == (1, out, out)
    made = found.formula
    assert made is not None and made.rule == "⌊(in + 2P − D(K − 1) − 1) / S⌋ + 1"
    line = next(each for each in made.lines if each.startswith("height and width"))
    assert f"⌊({size} + 2·{padding} − 1·({kernel} − 1) − 1) / {stride}⌋ + 1" in line and line.endswith(f"= {out}")


def test_along_a_row_only_the_width_is_written() -> None:
    made = BY_TITLE["True convolution along a row"].make().formula
    assert made is not None and made.lines[0].startswith("⌊(8 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1 = ⌊5 / 1⌋")
    assert not any(line.startswith(("height", "width")) for line in made.lines)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (Setting(padding=5, padding_mode="reflect"), "at most 4"),
        (Setting(padding=6, padding_mode="symmetric"), "at most 5"),
        (Setting(padding=6, padding_mode="circular"), "at most 5"),
        (Setting(kernel_size=9), "larger than the height"),
        (Setting(padding="same", stride=2), "only stride 1"),
        (Setting(in_channels=3, groups=2, out_channels=2), "must divide"),
        (Setting(operation="max pooling", kernel_size=2, padding=2), "at most half its window"),
        (Setting(operation="average pooling", padding="same"), "only a convolution knows"),
        (Setting(operation="transposed convolution", output_padding=2), "must be smaller than the stride"),
        (Setting(operation="transposed convolution", padding=8), "cuts off the whole map"),
    ],
)
def test_what_cannot_be_is_a_sentence_with_ways_out_that_work(setting: Setting, words: str) -> None:
    found = Microscope.of(Setting(), np.ones((5, 5))).set(setting)
    assert words in found.refusal and not found.refusal[0].islower() and found.refusal.endswith(".")
    assert found.remedies
    for title, way in found.remedies:
        assert title and not found.set(way).refusal


def test_numbers_stay_where_they_are_when_a_setting_changes() -> None:
    found = BY_TITLE["A kernel over 5 × 5"].make()
    larger = found.set(replace(found.setting, kernel_size=5, width=7, in_channels=2))
    assert (larger.value[0, :, :5] == found.value[0]).all()
    assert (larger.weight[0, 0, :3, :3] == found.weight[0, 0]).all()
    pooled = found.set(replace(found.setting, operation="max pooling"))
    assert (pooled.set(found.setting).output == found.output).all(), "the kernel is there again"
    changed = found.put("input", (0, 1, 2), 9.0).put("kernel", (0, 0, 0), 2.0)
    assert changed.value[0, 1, 2] == 9 and found.value[0, 1, 2] == 3 and changed.weight[0, 0, 0, 0] == 2


@pytest.mark.parametrize("name", FILTERS)
def test_filters_are_those_of_scipy_s_convolve2d(name: str) -> None:
    """Mode "same", boundary "symm", worked out here by its definition."""
    value = np.random.default_rng(0).integers(0, 9, (6, 7)).astype(float)
    kernel = np.array(FILTERS[name])
    padded = np.pad(value, 1, mode="symmetric")
    wanted = np.zeros_like(value)
    for i, j in np.ndindex(value.shape):
        for u, v in np.ndindex(3, 3):
            wanted[i, j] += kernel[u, v] * padded[i + 2 - u, j + 2 - v]
    assert np.allclose(filtered(Microscope.of(Setting(), value), name).output[0], wanted, atol=1e-12)


def test_a_matrix_is_banded_and_does_what_the_kernel_does() -> None:
    found = BY_TITLE["A kernel over 5 × 5"].make()
    matrix = found.matrix(0, 0)
    assert matrix is not None and matrix.shape == (9, 25)
    assert np.count_nonzero(matrix) == 9 * 6, "the kernel's zeros are zeros of the matrix"
    first = np.zeros((5, 5))
    first[:3, :3] = found.weight[0, 0]
    assert (matrix[0] == first.ravel()).all() and (matrix[1, 1:] == matrix[0, :-1]).all()
    assert (matrix @ found.value[0].ravel() == found.output[0].ravel()).all()
    row = BY_TITLE["True convolution along a row"].make().matrix(0, 0)
    assert row is not None and row.shape == (6, 8) and (np.diag(row[:, :6]) == -1).all()
    assert BY_TITLE["Max pooling"].make().matrix(0, 0) is None


def test_a_transposed_convolution_grows_with_each_number_that_is_laid_down() -> None:
    found = BY_TITLE["Transposed convolution"].make()
    first = found.output_after(1)
    assert (first[0, :3, :3] == found.weight[0, 0]).all() and first.sum() == found.weight.sum()
    assert found.landing(1, 1) == (range(2, 5), range(2, 5))
    assert (found.output_after(4) == found.output).all()


def test_the_photograph_has_edges_and_shades_and_stays_as_it_is() -> None:
    found = photograph()
    assert found.shape == (1, 96, 96) and found.min() < 40 and found.max() > 215
    assert (found == np.round(found)).all() and len(np.unique(found)) > 100
    assert not found.flags.writeable
