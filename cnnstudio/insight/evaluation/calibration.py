"""Calibration: whether a network that is 80 % sure is right in 80 of 100 cases. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnstudio.insight.evaluation.evaluation import Evaluation

BINS = 15  # as in Guo et al. 2017


@dataclass(frozen=True)
class Bin:
    """The images whose answer was held likely with more than ``low`` up to ``high``, from 0 to 1.

    ``confidence`` is their mean probability and ``accuracy`` the share that was told right; both 0 where there is none.
    """

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float

    @property
    def gap(self) -> float:
        """By how much it was surer than it was right; negative where it was right more often."""
        return self.confidence - self.accuracy


@dataclass(frozen=True)
class Calibration:
    """The bins of equal width from 0 to 1, and how far sureness and being right lie apart, as shares from 0 to 1.

    ``error`` is the expected calibration error: the mean over the images of the distance in their bin (Guo et al. 2017,
    On Calibration of Modern Neural Networks, https://arxiv.org/abs/1706.04599, equation 3); ``largest`` the maximum
    (equation 5). ``confidence`` and ``accuracy`` are the means over all images.
    """

    bins: tuple[Bin, ...]
    images: int
    error: float
    largest: float
    confidence: float
    accuracy: float

    @property
    def sentence(self) -> str:
        """The error in words, and to which side the network errs."""
        if not self.images:
            return "The scores of this network make no probabilities, so it cannot be said how sure it was."
        difference = self.confidence - self.accuracy
        side = "surer than it is right" if difference > 0 else "right more often than it is sure"
        mean = f"On average it is {self.confidence:.1%} sure and {self.accuracy:.1%} right"
        told = f"{mean}: {side}." if abs(difference) >= 0.01 else f"{mean}."
        return (
            f"Expected calibration error {self.error:.1%}, largest {self.largest:.1%} ({len(self.bins)} bins). {told}"
        )


def calibration(evaluation: Evaluation, bins: int = BINS) -> Calibration:
    """How sure the network was against how often it was right, in so many bins of equal width."""
    known = np.isfinite(evaluation.confidences)
    sure, right = evaluation.confidences[known], evaluation.right[known]
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)  # a bin holds its upper edge
    images = np.bincount(place, minlength=bins)
    held = np.maximum(images, 1)
    confidence = np.bincount(place, sure, bins) / held
    accuracy = np.bincount(place, right, bins) / held
    made = tuple(
        Bin(float(low), float(high), int(count), float(c), float(a))
        for low, high, count, c, a in zip(edges, edges[1:], images, confidence, accuracy, strict=False)
    )
    total = len(sure)
    gaps = np.abs(accuracy - confidence)
    error = float((images * gaps).sum() / max(1, total))
    largest = float(gaps[images > 0].max()) if total else 0.0
    means = (float(sure.mean()), float(right.mean())) if total else (0.0, 0.0)
    return Calibration(made, total, error, largest, *means)
