"""Calls in a row as one generator: which are folded, and that what is computed is what was written out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.compiler.source.repeats import repeated


def evaluated(calls: list[str]) -> list[Any]:
    """What the calls come to, where each gives back its arguments."""
    return eval(f"[{', '.join(calls)}]", {"Block": lambda *args, **keywords: (args, keywords)})


def test_three_equal_ones_are_one_and_two_are_two() -> None:
    assert repeated(["Block(64)"] * 3) == ["*(Block(64) for _ in range(3))"]
    assert repeated(["Block(64)"] * 2) == ["Block(64)"] * 2
    assert repeated(["Block(3, 64)", *["Block(64)"] * 4]) == ["Block(3, 64)", "*(Block(64) for _ in range(4))"]


def test_what_grows_by_equal_steps_is_counted() -> None:
    assert repeated([f"Block({n}, kernel_size=3)" for n in (64, 96, 128, 160)]) == [
        "*(Block(64 + 32 * i, kernel_size=3) for i in range(4))"
    ]
    assert repeated([f"Block({n})" for n in (5, 4, 3, 2)]) == ["*(Block(5 - i) for i in range(4))"]


def test_rates_are_written_as_quotients_so_that_they_are_exact() -> None:
    rates = ["0.13", "0.135", "0.14", "0.145", "0.15"]
    calls = [f"Block(8, drop={rate})" for rate in rates]
    assert repeated(calls) == ["*(Block(8, drop=(26 + i) / 200) for i in range(5))"]
    assert evaluated(repeated(calls)) == evaluated(calls)


@pytest.mark.parametrize(
    "arguments",
    [
        ["3", "5", "7"],  # three are quicker to read than a formula
        ["1", "2", "4", "8"],
        ["-1", "-2", "-3", "-4"],
        ["1e-05", "1e-06", "1e-07", "1e-08"],
        ['"a 1"', '"a 2"', '"a 3"', '"a 4"'],
        ["1", "1.5", "2", "2.5"],
        ["(1, 2)", "(1, 3)", "1", "2"],
        ["None", "1", "2", "3"],
    ],
)
def test_what_no_person_would_fold_is_written_out(arguments: list[str]) -> None:
    calls = [f"Block({argument})" for argument in arguments]
    assert repeated(calls) == calls


@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.integers(-40, 40), st.integers(0, 999), st.integers(0, 9), st.integers(1, 6)),
        max_size=5,
    )
)
def test_whatever_is_folded_comes_to_the_same(runs: list[tuple[int, int, int, int, int]]) -> None:
    calls = [
        f'Block({first + step * i}, drop={(thousandths + rise * i) / 1000!r}, kind="x{i} 3")'
        for first, step, thousandths, rise, count in runs
        for i in range(count)
        if first + step * i >= 0
    ]
    plain = [call.partition(", kind")[0] + ")" for call in calls]
    for each in (calls, plain):
        assert evaluated(repeated(each)) == evaluated(each)
