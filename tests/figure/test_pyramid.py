"""A curve of any length in as few bins as a screen shows, and its course without lag."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnnstudio.figure.pyramid import BASE, Pyramid, smoothed


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 999, 1_000, 1_001, 12_345, 70_001])
def test_bins_keep_every_peak_and_every_value(count: int) -> None:
    values = np.random.default_rng(count).random(count)
    pyramid = Pyramid()
    pyramid.take(values)
    bins = pyramid.bins(values, 1_000)
    assert len(bins.first) <= 1_000
    assert bins.count.sum() == count
    for number, first in enumerate(bins.first):
        part = values[first : first + bins.size]
        assert bins.low[number] == part.min() and bins.high[number] == part.max()
        assert bins.mean[number] == pytest.approx(part.mean())


def test_a_curve_that_grows_comes_to_what_it_comes_to_at_once() -> None:
    values = np.random.default_rng(0).random(9_000)
    growing, whole = Pyramid(), Pyramid()
    for count in (1, 7, BASE, 1_000, 1_001, 5_432, 9_000):
        growing.take(values[:count])
    whole.take(values)
    found, wanted = growing.bins(values, 100), whole.bins(values, 100)
    assert found.size == wanted.size == 128
    for column in ("first", "low", "high", "mean", "count"):
        assert np.allclose(getattr(found, column), getattr(wanted, column))


def test_another_curve_is_not_taken_for_more_of_the_last_one() -> None:
    first, second = np.zeros(100), np.ones(200)
    pyramid = Pyramid()
    pyramid.take(first)
    pyramid.take(second)
    assert pyramid.bins(second, 4).mean.tolist() == [1.0] * len(pyramid.bins(second, 4).mean)


def test_what_is_no_number_is_in_no_bin() -> None:
    values = np.array([math.nan, 1.0, math.inf, 3.0, math.nan, math.nan])
    pyramid = Pyramid()
    pyramid.take(values)
    bins = pyramid.bins(values, 3)
    assert bins.count.tolist() == [1, 1, 0]
    assert bins.mean[:2].tolist() == [1.0, 3.0] and math.isnan(bins.mean[2])


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1_000])
def test_a_straight_course_does_not_lag_at_either_end(count: int) -> None:
    line = 5.0 - 0.3 * np.arange(float(count))
    assert np.allclose(smoothed(line, np.ones(count)), line)


def test_the_course_of_noise_is_quieter_than_the_noise() -> None:
    noise = np.random.default_rng(0).normal(size=1_000)
    assert smoothed(noise, np.ones(1_000)).std() < noise.std() / 4


def test_the_course_passes_over_what_has_no_weight() -> None:
    values = np.array([math.nan, 2.0, math.nan, 4.0, math.nan])
    assert np.allclose(smoothed(values, np.isfinite(values).astype(float), 0.4), [2, 2, 3, 4, 4])
    assert np.isnan(smoothed(np.full(3, math.nan), np.zeros(3))).all()
