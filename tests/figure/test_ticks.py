"""Ticks: round numbers that lie within the axis, as many as there is room for, whatever is asked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.figure.ticks import linear, logarithmic, short_number

numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(numbers, numbers, st.integers(2, 9))
def test_ticks_lie_within_the_axis_and_are_no_more_than_there_is_room_for(one: float, other: float, most: int) -> None:
    low, high = min(one, other), max(one, other)
    found = linear(low, high, most)
    slack = 1e-5 * max(high - low, abs(low), 1e-12)
    assert 1 <= len(found) <= most
    assert all(low - slack <= tick <= high + slack for tick in found)
    assert found == sorted(found)


def test_linear_ticks_are_round() -> None:
    assert linear(0.0, 100.0, 6) == [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    assert linear(0.0, 0.7, 4) == pytest.approx([0.0, 0.2, 0.4, 0.6])
    assert linear(3.0, 3.0, 5) == [3.0]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.01, 10.0, [0.01, 0.1, 1.0, 10.0]),
        (0.09, 2.0, [0.1, 0.3, 1.0]),
        (1.0, 9.0, [1.0, 2.0, 5.0]),
        (1e-8, 1e8, [1e-8, 1e-4, 1.0, 1e4, 1e8]),
    ],
)
def test_logarithmic_ticks_are_powers_and_what_lies_between(low: float, high: float, found: list[float]) -> None:
    assert logarithmic(low, high, 5) == pytest.approx(found)


@given(st.floats(1e-12, 1e6), st.floats(1.0, 1e9))
def test_logarithmic_ticks_are_positive(low: float, times: float) -> None:
    assert all(tick > 0.0 and math.isfinite(tick) for tick in logarithmic(low, low * times, 6))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.25, "0.25"), (0.0004, "4e-4"), (2.5e-8, "2.5e-8"), (1234.0, "1234"), (3e6, "3e6"), (1e30, "1e30")],
)
def test_a_number_is_short_at_any_size(value: float, text: str) -> None:
    assert short_number(value) == text
