"""Verdict: what follows from how many validation images are told right, and what must not be made of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from cnnstudio.exchange.reporting.contents_page import Points, Section
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.wording import abridged, counted, on_a_line

FEW = 30  # images of a class, of which too little follows
MOST_NAMES = 20


@dataclass(frozen=True, eq=False)
class Scores:
    """What became of the validation images: ``matrix`` (C, C) counts those of each class (row) by what they were
    taken for (column)."""

    classes: tuple[str, ...]
    matrix: NDArray[np.int64]

    @property
    def total(self) -> int:
        """How many images there were."""
        return int(self.matrix.sum())

    @property
    def right(self) -> int:
        """How many of them were told right."""
        return int(self.matrix.trace())

    def of(self, number: int) -> tuple[int, int, float, float, float]:
        """Of a class: its images, those told right, their share (recall), precision and F1; NaN if it is of none."""
        right, of_it = int(self.matrix[number, number]), int(self.matrix[number].sum())
        taken = int(self.matrix[:, number].sum())
        recall, precision = _share(right, of_it), _share(right, taken)
        return of_it, right, recall, precision, _share(2 * right, of_it + taken)


def interval(right: int, total: int) -> tuple[float, float]:
    """Between which two shares the true one lies with 95 %, where ``right`` of ``total`` drawn ones are right.

    Wilson, Probable inference, the law of succession, and statistical inference, 1927:
    doi 10.1080/01621459.1927.10502953.
    """
    z = 1.959963984540054
    share, room = right / total, z * z / total
    middle, half = share + room / 2, z * sqrt(share * (1 - share) / total + room / (4 * total))
    return max(0.0, (middle - half) / (1 + room)), min(1.0, (middle + half) / (1 + room))


def limits(recipe: Recipe, scored: Scores | None) -> Section:
    """What the network must not be used for; None where it has learned nothing, or nobody could ask it."""
    title = "What it must not be used for"
    if scored is None:
        return Section(
            title,
            (
                Points(
                    ("Nothing is known of how good this network is, so there is nothing that it may be used for yet.",)
                ),
            ),
        )
    dataset = DATASETS[recipe.data]
    names = [on_a_line(name, 60) for name in scored.classes]
    what = "one folder" if dataset.is_own else dataset.title
    told = [
        f"It knows {counted(len(names), 'class')} and nothing else: {abridged(names, MOST_NAMES)}. Whatever it is "
        "shown, it names one of them, and it cannot say that it is none.",
        f"How good it is was asked with {counted(scored.total, 'validation image')}. The same images chose the "
        "epoch whose weights were kept, so expect a little less of new ones. No test images, which a training never "
        "sees, were used.",
        f"All its images come from one place: {what}. Images from another camera, place, time, light or size were "
        "not tried; it may fail on them without any sign, and be sure of itself.",
    ]
    by_class = [(name, *scored.of(number)[:3]) for number, name in enumerate(names)]
    if few := [f"{name} ({count:,})" for name, count, _, _ in by_class if count < FEW]:
        told.append(
            f"Too few validation images to say anything certain are there of {abridged(few, MOST_NAMES)}: fewer than "
            f"{FEW} each."
        )
    if known := [each for each in by_class if each[1]]:
        name, count, right, _ = min(known, key=lambda each: each[3])
        told.append(f"Its weakest class is {name}: {right:,} of {counted(count, 'image')} told right.")
    if recipe.weights:
        told.append("It began with weights that others trained: their images, licence and bias are in it.")
    told += [
        "Nothing here shows that it is fit to decide about people, their health, their money or their safety.",
        f"The licence of its images may bind its weights as well. {dataset.licence}",
    ]
    return Section(title, (Points(tuple(told)),))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan
