"""Embedding: points of many dimensions on a plane, by PCA or by t-SNE, exact and in float64. Knows no torch."""

from __future__ import annotations

import numpy as np

from cnnstudio.headroom import NoRoomError, headroom, lack
from cnnstudio.insight.evaluation.evaluation import Values
from cnnstudio.worker import Report, unheard

PERPLEXITY = 30.0
DIMENSIONS = 50  # that t-SNE is given, as van der Maaten and Hinton took them
EARLY, ITERATIONS = 250, 750
_EXAGGERATION = 12.0
_MATRICES = 8  # of N × N numbers that are held at once


def pca(points: Values, dimensions: int = 2) -> tuple[Values, Values]:
    """The points (N, F) along their ``dimensions`` directions of largest variance (N, D); and each one's share (D,).

    Of each direction the coordinate that is largest is positive, so that the same points give the same picture. Where
    there are fewer directions than asked for, the others are zero.
    """
    centred = points - points.mean(0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(1)])
    found = left * (sizes * np.where(signs == 0, 1.0, signs))
    shares = sizes**2 / max(float((sizes**2).sum()), np.finfo(float).tiny)
    lacking = max(0, dimensions - found.shape[1])
    found, shares = np.pad(found, ((0, 0), (0, lacking))), np.pad(shares, (0, lacking))
    return found[:, :dimensions], shares[:dimensions]


def tsne(
    points: Values,
    report: Report = unheard,
    *,
    perplexity: float = PERPLEXITY,
    iterations: int = ITERATIONS,
    seed: int = 0,
) -> Values:
    """The points (N, F) on a plane (N, 2), so that neighbours stay neighbours; distances between groups mean little.

    van der Maaten and Hinton 2008, Visualizing Data using t-SNE, exact, after PCA to 50 dimensions; begun at the first
    two directions of PCA, with the step of N / 12 (Kobak and Berens 2019, https://doi.org/10.1038/s41467-019-13056-x;
    Belkina et al. 2019), early exaggeration 12 for 250 of the ``iterations``, then momentum 0.8. ``seed`` parts points
    that are equal. Where ``report`` says to end, it is what was reached. Raises ``NoRoomError``.
    """
    count = len(points)
    if count < 3:
        return pca(points)[0]
    if reason := lack("t-SNE", _MATRICES * 8 * count * count, headroom(), "fewer pictures take less"):
        raise NoRoomError(reason)
    perplexity = min(perplexity, (count - 1) / 3)
    reduced = pca(points, min(DIMENSIONS, *points.shape))[0]
    pull = _Pull(_affinities(reduced, perplexity, report))
    start = reduced[:, :2] if reduced.shape[1] > 1 else np.pad(reduced, ((0, 0), (0, 1)))
    random = np.random.default_rng(seed)
    place = start / max(float(start[:, 0].std()), 1e-12) * 1e-4 + random.normal(0.0, 1e-8, start.shape)
    rate = max(count / _EXAGGERATION / 4, 50.0)
    speed, gains = np.zeros_like(place), np.ones_like(place)
    for step in range(iterations):
        early = step < EARLY
        gradient = pull.gradient(place, _EXAGGERATION if early else 1.0)
        grows = np.sign(gradient) != np.sign(speed)
        gains = np.maximum(np.where(grows, gains + 0.2, gains * 0.8), 0.01)
        speed = (0.5 if early else 0.8) * speed - 4 * rate * gains * gradient
        place = place + speed
        place -= place.mean(0)
        if step % 10 == 9 and not report("Placing the points", (step + 1) / iterations):
            break
    return place


class _Pull:
    """What draws and pushes the points; it works in the same memory at each step, which saves most of the time."""

    def __init__(self, near: Values) -> None:
        self._near = near  # (N, N)
        self._weights, self._pull = np.empty_like(near), np.empty_like(near)

    def gradient(self, place: Values, exaggeration: float) -> Values:
        """A quarter of the gradient (N, 2) of the divergence by the ``place`` of the points."""
        weights, pull, squares = self._weights, self._pull, (place * place).sum(1)
        np.matmul(-2 * place, place.T, out=weights)
        weights += (squares + 1)[:, None]
        weights += squares
        np.maximum(weights, 1.0, out=weights)
        np.reciprocal(weights, out=weights)
        np.fill_diagonal(weights, 0.0)
        np.multiply(self._near, exaggeration * weights.sum(), out=pull)
        pull -= weights
        pull *= weights
        found: Values = (pull.sum(1, keepdims=True) * place - pull @ place) / weights.sum()
        return found


def _affinities(points: Values, perplexity: float, report: Report) -> Values:
    """How near the points are to each other (N, N), symmetric with a sum of 1.

    The width of each point's neighbourhood is searched by halving, so that its entropy is the logarithm of perplexity.
    """
    squares = (points**2).sum(1)
    distances = np.maximum(squares[:, None] + squares[None] - 2 * points @ points.T, 0.0)
    np.fill_diagonal(distances, np.inf)
    distances -= distances.min(1, keepdims=True)  # which changes no share, and no power is too small
    count, target = len(points), np.log(perplexity)
    low, high = np.zeros(count), np.full(count, np.inf)
    precision = 1.0 / np.maximum(np.median(distances, 1), 1e-300)
    finite = np.where(np.isfinite(distances), distances, 0.0)
    for _ in range(60):
        powers = np.exp(-distances * precision[:, None])
        sums = powers.sum(1)
        entropy = np.log(sums) + precision * (finite * powers).sum(1) / sums
        too_wide = entropy > target
        low, high = np.where(too_wide, precision, low), np.where(too_wide, high, precision)
        done = np.abs(entropy - target) < 1e-5
        precision = np.where(
            done, precision, np.where(np.isinf(high), np.minimum(precision, 1e150) * 2, (low + high) / 2)
        )
        if done.all() or not report("Looking for neighbours", None):
            break
    shares = powers / sums[:, None]
    both: Values = (shares + shares.T) / (2 * count)
    return np.maximum(both, np.finfo(float).tiny)
