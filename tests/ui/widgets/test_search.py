"""Search: the best answer first, and nothing taken for what was not asked."""

from __future__ import annotations

from cnnstudio.ui.widgets.search import Entry, found

RELU = Entry("ReLU", "activation", "activation", 1, "relu rectified linear")
LINEAR = Entry("Linear", "does not fit yet", "linear", 2, "fully connected dense fc", aside=True)
CONV = Entry("Conv2d", "convolution", "convolution", 3, "convolution filter")


def titles(query: str) -> list[str]:
    return [entry.title for entry in found(query, (RELU, LINEAR, CONV))]


def test_what_does_not_suit_the_moment_is_found_by_its_title_alone() -> None:
    assert titles("") == ["ReLU", "Conv2d"]
    assert titles("linear") == ["Linear", "ReLU"]
    assert titles("lin") == ["Linear", "ReLU"]
    assert titles("dense") == []


def test_a_title_comes_before_other_words() -> None:
    assert titles("conv") == ["Conv2d"]
    assert titles("filter") == ["Conv2d"]
    assert titles("zzz") == []
