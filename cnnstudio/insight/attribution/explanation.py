"""Explanation: a map of what counts for a class in a picture, and the numbers beside it. NumPy; knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnstudio.insight.attribution.methods import Method

ALIKE = 0.8  # the rank correlation above which a map of random weights is as good as the same


@dataclass(frozen=True)
class Faithfulness:
    """A class's probability, or its score, for the ``whole`` picture, and with a fifth of it blurred.

    ``without`` is the fifth that is marked most, ``at_random`` the mean of as much chosen by chance.
    """

    whole: float
    without: float
    at_random: float
    are_probabilities: bool = True

    @property
    def ratio(self) -> float | None:
        """How many times as much is lost with the marked fifth as by chance; None where chance loses nothing."""
        by_chance = self.whole - self.at_random
        return (self.whole - self.without) / by_chance if by_chance > 0 else None

    @property
    def sentence(self) -> str:
        """The three numbers in words, and what is compared."""
        what = "probability" if self.are_probabilities else "score"
        whole, without, by_chance = (self._said(each) for each in (self.whole, self.without, self.at_random))
        return (
            f"With the most marked fifth of the picture blurred, the {what} goes from {whole} to {without}; "
            f"with a fifth chosen at random, to {by_chance}."
        )

    def _said(self, value: float) -> str:
        return f"{value:.1%}" if self.are_probabilities else f"{value:.3g}".replace("-", "−")


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a ``method`` marks for the class ``target``: ``marks`` (H, W) in the size of the ``picture`` (C, H, W).

    ``grain`` is how fine the method sees, (h, w). ``random`` are the marks that the same network gives with random
    weights, and ``likeness`` is the rank correlation of both, from −1 to 1; None where one marks nothing. ``answer`` is
    the number of the class that the network holds most likely, ``label`` the picture's own where it is known.
    ``given`` is the probability of ``target``, or its score where nothing makes probabilities.
    """

    method: Method
    node: str
    target: int
    answer: int
    classes: tuple[str, ...]
    label: str | None
    given: float
    are_probabilities: bool
    picture: NDArray[np.uint8]
    marks: NDArray[np.float32]
    grain: tuple[int, int]
    faithfulness: Faithfulness | None = None
    random: NDArray[np.float32] | None = None
    likeness: float | None = None
    remarks: tuple[str, ...] = ()

    @property
    def marks_anything(self) -> bool:
        """Whether any place is marked more than another."""
        return bool(self.marks.max() > self.marks.min())

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the numbers say, the most important first."""
        told = [self._verdict]
        if not self.marks_anything:
            told.append(f"{self.method.title} marks nothing here.")
        if self.faithfulness is not None:
            told.append(self.faithfulness.sentence)
        if self.likeness is not None:
            same = f"Rank correlation with the map of random weights: {self.likeness:.2f}."
            hardly = " This map hardly depends on what was learned." if self.likeness > ALIKE else ""
            told.append(same.replace("-", "−") + hardly)
        return (*told, *self.remarks)

    @property
    def _verdict(self) -> str:
        """Which class is asked about, and what the network says."""
        asked, answer = self.classes[self.target], self.classes[self.answer]
        number = f"{self.given:.1%}" if self.are_probabilities else f"a score of {self.given:.3g}".replace("-", "−")
        told = f"Why {asked}? The network gives it {number}"
        told += "." if self.answer == self.target else f", and takes the picture for {answer}."
        return told if self.label is None else f"{told} The right answer is {self.label}."
