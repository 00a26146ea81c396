"""Wrong labels: which pictures a quick model, that has not seen them, takes for another class, and is sure of it.

Confident learning: Northcutt, Jiang and Chuang 2021, https://doi.org/10.1613/jair.1.12125. The model is kernel ridge
regression on small pictures and their gradients: each picture is judged by four fifths of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnstudio.training.data.doubts.looks import Looks
from cnnstudio.training.data.errors import DataCancelledError
from cnnstudio.worker import Report

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.int64]

FOLDS, ROUNDS = 5, 2
LANDMARKS = 1_500  # pictures that all others are compared with
FEWEST = 50  # pictures, below which nothing is said
LEAST = 0.8  # of the way from guessing to knowing all: a worse model doubts no label
RIDGE, WIDTH = 3e-3, 0.6
_TOGETHER = 4_096  # pictures that are compared with the landmarks at once


@dataclass(frozen=True, eq=False)
class Judgement:
    """``shares`` (M, classes) of each picture that are that of each class, told by a model that has not seen it.

    ``accuracy`` is how often the likeliest class is the label, and ``sure`` whether the model knows enough to doubt.
    """

    shares: Floats
    accuracy: float
    sure: bool


@dataclass(frozen=True, eq=False)
class Suspects:
    """``places`` of the pictures with a likely wrong label, the surest first, and the class that each looks like."""

    places: Numbers
    labels: Numbers
    judgement: Judgement

    def order(self, labels: Numbers) -> Numbers:
        """All pictures with these labels (M,), those first whose label is least likely beside another class."""
        return np.argsort(margins(self.judgement.shares, labels), kind="stable")


def suspects(looks: Looks, labels: Numbers, classes: int, seed: int, report: Report) -> Suspects:
    """The pictures whose label (M,) is likely wrong. Raises ``DataCancelledError``.

    In a second round the model learns nothing from those that were suspected in the first one.
    """
    trusted = np.ones(len(labels), bool)
    found, towards, judgement = none(), none(), Judgement(np.zeros((len(labels), classes)), 0.0, False)
    if len(labels) < FEWEST:
        return Suspects(found, towards, judgement)
    features = described(looks)
    for number in range(ROUNDS):
        shares = judged(features, labels, classes, trusted, seed, report, number / ROUNDS)
        judgement = _judgement(shares, labels)
        if not judgement.sure:
            return Suspects(none(), none(), judgement)
        found, towards = confident(shares, labels)
        trusted = np.ones(len(labels), bool)
        trusted[found] = False
    return Suspects(found, towards, judgement)


def none() -> Numbers:
    """No pictures."""
    return np.zeros(0, np.int64)


def confident(shares: Floats, labels: Numbers) -> tuple[Numbers, Numbers]:
    """The pictures off the diagonal of the confident joint, the surest first, and the class that each looks like.

    A class is confident of a picture where its share is at least the mean of those of its own pictures; of several the
    one with the largest share counts. Sure is who gives the label little of what the other class has.
    """
    own = shares[np.arange(len(labels)), labels]
    classes = shares.shape[1]
    counts = np.bincount(labels, minlength=classes)
    means = np.bincount(labels, own, minlength=classes) / np.maximum(counts, 1)
    bars = np.where(counts > 0, means, np.inf)
    over = np.where(shares >= bars, shares, -np.inf)
    best = over.argmax(1)
    wrong = np.flatnonzero(np.isfinite(over.max(1)) & (best != labels) & (shares.argmax(1) == best))
    order = np.argsort(own[wrong] - shares[wrong, best[wrong]], kind="stable")
    return wrong[order], best[wrong[order]].astype(np.int64)


def margins(shares: Floats, labels: Numbers) -> Floats:
    """How much more of each picture (M,) is that of its label than of the likeliest other class."""
    rows = np.arange(len(labels))
    others = shares.copy()
    others[rows, labels] = -np.inf
    made: Floats = shares[rows, labels] - others.max(1)
    return made


def _judgement(shares: Floats, labels: Numbers) -> Judgement:
    accuracy = float((shares.argmax(1) == labels).mean())
    guess = float(np.bincount(labels).max()) / len(labels)
    return Judgement(shares, accuracy, accuracy - guess >= LEAST * (1 - guess))


def described(looks: Looks) -> NDArray[np.float32]:
    """What the model knows of each picture (M, F): its pixels, its gradients and its colours, alike in weight."""
    count = len(looks.smalls)
    pictures = looks.smalls.reshape(count, -1, 3).astype(np.float32)
    greys = pictures.mean(2)
    colours = pictures.reshape(count, 4, 4, 4, 4, 3).mean((2, 4)).reshape(count, -1)
    parts = greys - greys.mean(1, keepdims=True), looks.gradients.astype(np.float32), colours
    made = []
    for part, weight in zip(parts, (1.0, 1.0, 0.5), strict=True):
        centred = part - part.mean(0)
        made.append(weight * centred / (np.sqrt((centred**2).sum(1).mean()) + 1e-6))
    return np.concatenate(made, 1)


def judged(  # noqa: PLR0917 - the model, and what it is told
    features: NDArray[np.float32],
    labels: Numbers,
    classes: int,
    trusted: NDArray[np.bool_],
    seed: int,
    report: Report,
    done: float = 0.0,
) -> Floats:
    """The shares (M, classes) that a model gives each picture that learned from the ``trusted`` ones of other folds.

    Kernel ridge regression with a Gaussian kernel, on landmarks where there are many pictures (subset of regressors:
    Quiñonero-Candela and Rasmussen 2005, https://www.jmlr.org/papers/v6/quinonero-candela05a.html).
    """
    random = np.random.default_rng(seed)
    fold = _folds(labels, random)
    chosen = np.sort(random.permutation(len(labels))[:LANDMARKS])
    landmarks = features[chosen]
    scale = WIDTH * _spread(landmarks)
    among = _kernel(landmarks, landmarks, scale)
    grams = np.zeros((FOLDS, len(chosen), len(chosen)))
    sums = np.zeros((FOLDS, len(chosen), classes))
    for rows, near in _compared(features, landmarks, scale, report, done):
        for each in range(FOLDS):
            mine = (fold[rows] == each) & trusted[rows]
            known = near[mine]
            grams[each] += known.T @ known
            np.add.at(sums[each].T, labels[rows][mine], known)
    weights = []
    for each in range(FOLDS):
        gram, aims = grams.sum(0) - grams[each], sums.sum(0) - sums[each]
        ridge = RIDGE * np.trace(gram) / len(chosen)
        weights.append(np.linalg.solve(gram + ridge * (among + 1e-3 * np.eye(len(chosen))), aims))
    made = np.zeros((len(labels), classes))
    for rows, near in _compared(features, landmarks, scale, report, done):
        for each in range(FOLDS):
            mine = fold[rows] == each
            made[np.arange(len(labels))[rows][mine]] = near[mine] @ weights[each]
    return _calibrated(made, labels, trusted)


def _calibrated(scores: Floats, labels: Numbers, trusted: NDArray[np.bool_]) -> Floats:
    """Probabilities of scores (M, classes), as sharp as the labels bear out.

    The temperature is that of the least cross-entropy (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
    """
    best, least = np.exp(scores), np.inf
    for temperature in np.geomspace(0.02, 1.0, 18):
        powers = np.exp((scores - scores.max(1, keepdims=True)) / temperature)
        shares = powers / powers.sum(1, keepdims=True)
        own = shares[np.arange(len(labels)), labels][trusted]
        loss = float(-np.log(np.maximum(own, 1e-12)).mean())
        if loss < least:
            best, least = shares, loss
    return best


def _compared(
    features: NDArray[np.float32], landmarks: NDArray[np.float32], scale: float, report: Report, done: float
) -> Iterator[tuple[slice, Floats]]:
    for start in range(0, len(features), _TOGETHER):
        if not report("Looking for likely wrong labels", done + start / len(features) / ROUNDS):
            raise DataCancelledError("Looking for what may be wrong was stopped.")
        rows = slice(start, start + _TOGETHER)
        yield rows, _kernel(features[rows], landmarks, scale)


def _kernel(ones: NDArray[np.float32], others: NDArray[np.float32], scale: float) -> Floats:
    far = (ones**2).sum(1)[:, None] + (others**2).sum(1)[None] - 2 * ones @ others.T
    made: Floats = np.exp(-np.maximum(far, 0) / scale).astype(np.float64)
    return made


def _spread(landmarks: NDArray[np.float32]) -> float:
    """The mean squared distance between landmarks, of which the kernel's width is a part."""
    return float(2 * ((landmarks - landmarks.mean(0)) ** 2).sum(1).mean()) or 1.0


def _folds(labels: Numbers, random: np.random.Generator) -> Numbers:
    """In which fold each picture is judged; each class is spread evenly."""
    made = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        of_class = random.permutation(np.flatnonzero(labels == label))
        made[of_class] = (np.arange(len(of_class)) + random.integers(FOLDS)) % FOLDS
    return made
