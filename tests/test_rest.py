from __future__ import annotations

import pytest

from cnnstudio.rest import APART, Rest


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("cnnstudio.rest.time.monotonic", lambda: now[0])
    return now


def over_after(rest: Rest, clock: list[float]) -> float:
    began = clock[0]
    while not rest.is_over and clock[0] < began + 1_000:
        clock[0] += 0.25
    return clock[0] - began


def test_looking_costs_a_share_of_the_time(clock: list[float]) -> None:
    rest = Rest(0.5)
    assert rest.is_over
    rest.begin()
    assert not rest.is_over and over_after(rest, clock) == 0.5
    rest.after(0.001)
    assert over_after(rest, clock) == 0.5, "quick looks do not follow sooner"
    rest.after(0.05)
    assert over_after(rest, clock) == pytest.approx(0.05 * APART)


def test_a_look_comes_at_last_however_long_the_one_before_took(clock: list[float]) -> None:
    rest = Rest(0.25, apart=100, most=1.0)
    rest.after(30.0)
    assert over_after(rest, clock) == 1.0


def test_with_no_time_between_there_is_no_rest(clock: list[float]) -> None:
    rest = Rest(0.0)
    rest.after(30.0)
    assert rest.is_over


def test_an_end_is_an_end(clock: list[float]) -> None:
    rest = Rest(0.25)
    rest.for_ever()
    clock[0] += 1e9
    assert not rest.is_over
