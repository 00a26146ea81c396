"""Contrast: two networks over the same pictures: which one tells right what the other tells wrong. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from cnnstudio.insight.evaluation.evaluation import Evaluation, EvaluationError, Numbers
from cnnstudio.wording import counted

_EXACT = 1_000  # pictures up to which the binomial distribution is summed


@dataclass(frozen=True, eq=False)
class Contrast:
    """Two evaluations of the same pictures: ``one`` and ``other``, as they are called in sentences."""

    one: Evaluation
    other: Evaluation
    one_name: str
    other_name: str

    def __post_init__(self) -> None:
        if self.one.classes != self.other.classes:
            raise EvaluationError("Both tell other classes apart, so they cannot be compared picture by picture.")
        if not np.array_equal(self.one.labels, self.other.labels):
            raise EvaluationError(
                "They were not shown the same validation images, so they cannot be compared picture by picture."
            )

    @property
    def only_one(self) -> Numbers:
        """The numbers of the pictures that ``one`` alone tells right, those first of which the other was surest."""
        return self._ordered(self.one.right & ~self.other.right, self.other)

    @property
    def only_other(self) -> Numbers:
        """The numbers of the pictures that ``other`` alone tells right, those first of which the one was surest."""
        return self._ordered(self.other.right & ~self.one.right, self.one)

    @property
    def both_wrong(self) -> Numbers:
        """The numbers of the pictures that both tell wrong."""
        return self._ordered(~self.other.right & ~self.one.right, self.one)

    @property
    def chance(self) -> float:
        """How likely so uneven a split is, where neither is better: McNemar's test (1947), two-sided.

        Exact by the binomial distribution up to 1,000 pictures that they differ on, then by the normal one with
        Edwards' correction. 1 where they differ on none.
        """
        less, more = sorted((len(self.only_one), len(self.only_other)))
        count = less + more
        if not count:
            return 1.0
        if count <= _EXACT:
            return min(1.0, float(2 * sum(comb(count, k) for k in range(less + 1)) / 2**count))
        return erfc(max(0.0, more - less - 1) / sqrt(count) / sqrt(2))

    @property
    def sentence(self) -> str:
        """Who tells how many right that the other tells wrong, and whether that may be chance."""
        one, other = len(self.only_one), len(self.only_other)
        if not one + other:
            return "Both tell the same pictures right."
        told = (
            f"{self.one_name} tells {counted(one, 'picture')} right that {self.other_name} tells wrong, "
            f"and {other:,} the other way round."
        )
        if one == other:
            return f"{told} Neither is better."
        better, chance = (self.one_name if one > other else self.other_name), self.chance
        if chance >= 0.05:
            return f"{told} That may be chance (McNemar, p = {chance:.2f})."
        said = "p < 0.001" if chance < 0.001 else f"p = {chance:.3f}"
        return f"{told} So {better} is better, and that is more than chance (McNemar, {said})."

    @property
    def recalls(self) -> tuple[tuple[str, float | None, float | None], ...]:
        """Each class with the share of its images that the one and the other tell right; None where it has none."""
        pairs = zip(self.one.class_scores, self.other.class_scores, strict=True)
        return tuple((one.name, one.recall, other.recall) for one, other in pairs)

    @staticmethod
    def _ordered(which: NDArray[np.bool_], sure: Evaluation) -> Numbers:
        found = np.flatnonzero(which)
        return found[np.lexsort((found, -sure.margins[found]))]
