"""Measuring: how large an exported file is, how fast on this computer, and how good on pictures read from files."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnstudio.disk import TEMPORARY, marked, shown
from cnnstudio.exchange.exporting.exportable import ExportError, Module, Network, Written
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.reporting.verdict import Scores
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.data.picture import SCALE, picture_bytes
from cnnstudio.wording import brief, counted, memory
from cnnstudio.worker import Report

FIRST, LEAST, MOST, ENOUGH = 3, 20, 200, 1.0  # calls that do not count, calls at least and at most, seconds
MOST_PICTURES = 2_000  # that a file is asked about; of more as many, evenly taken


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of a file: its bytes, the nanoseconds of one call for one picture, and what it tells right.

    ``scores`` are None where there are no pictures, or it has learned nothing. ``whole`` is how many validation
    pictures there are, and ``before`` is what the network itself tells right, where the file is to be another.
    """

    size: int
    p50: float
    p95: float
    calls: int
    scores: Scores | None = None
    whole: int = 0
    before: Scores | None = None

    @property
    def accuracy(self) -> float | None:
        """The share of the pictures that it tells right."""
        return self.scores.right / self.scores.total if self.scores is not None else None

    @property
    def sentence(self) -> str:
        """All of it."""
        took = f"; one picture takes {brief(self.p50)} on this computer (p50), {brief(self.p95)} at p95"
        told = f"{memory(self.size)}{took if self.calls else ''}."
        return f"{told} {self.verdict}" if self.scores is not None else told

    @property
    def verdict(self) -> str:
        """How good it is; empty where nobody knows."""
        if self.scores is None:
            return ""
        some = f" of {self.whole:,}" if self.whole > self.scores.total else ""
        asked = f"{counted(self.scores.total, 'validation picture')}{some}"
        told = f"Read from picture files, {self.scores.right:,} of {asked} are told right: {self.accuracy:.1%}."
        if self.before is None:
            return told
        lost = 100 * (self.before.right - self.scores.right) / self.scores.total
        own = f"The network itself tells {self.before.right:,} right, {self.before.right / self.before.total:.1%}"
        return f"{told} {own}: {lost:.1f} percentage points are lost."


def measured(network: Network, written: Written, path: Path, report: Report) -> Measured:
    """What there is to measure of the file ``path``. Raises ``ExportError`` where the person does not wait for it."""
    data = path.read_bytes()
    loaded = written.loaded(data)
    one = tuple(inputs[:1] for inputs in network.batch)

    def tell(sentence: str, share: float | None) -> None:
        if not report(sentence, share):
            raise ExportError(f"{shown(path)} is written; measuring it was stopped.")

    with torch.no_grad():
        telling = partial(tell, "Measuring how long a picture takes…")
        took = written.clock(data, one) if written.clock is not None else times(lambda: loaded(*one), telling)
        pictures, scores, before = network.pictures, None, None
        if pictures is not None and not network.is_fresh and network.size is not None:
            known = written.carried(data) if written.carried is not None else None
            told_apart = (len(pictures.classes),)
            if known is not None and known.classes == pictures.classes and tuple(network.result) == told_apart:
                take = written.together if max(written.samples) > 1 else 1
                ask = partial(tell, "Asking it about pictures…")
                scores = accuracy(loaded, known, pictures, take, ask)
                before = None if written.exact else accuracy(network.module, known, pictures, take, ask)
    whole = len(pictures.validation_labels) if pictures is not None else 0
    return Measured(len(data), rank(took, 0.5), rank(took, 0.95), len(took), scores, whole, before)


def times(call: Callable[[], object], tell: Callable[[float], None]) -> list[int]:
    """The nanoseconds that each of many calls takes."""
    for _ in range(FIRST):
        call()
    took: list[int] = []
    end = time.perf_counter() + ENOUGH
    while len(took) < LEAST or (len(took) < MOST and time.perf_counter() < end):
        begun = time.perf_counter_ns()
        call()
        took.append(time.perf_counter_ns() - begun)
        tell(min(1.0, len(took) / MOST))
    return took


def rank(numbers: list[int], share: float) -> float:
    """The least of the numbers that is no less than this share of them (nearest rank); not a number of none."""
    return float(sorted(numbers)[max(0, math.ceil(share * len(numbers)) - 1)]) if numbers else math.nan


def accuracy(loaded: Module, known: Normalization, pictures: Data, take: int, tell: Callable[[float], None]) -> Scores:
    """What becomes of validation pictures that are written as files and read by the rules that the file carries."""
    count = len(pictures.validation_labels)
    places = np.unique(np.linspace(0, count - 1, min(count, MOST_PICTURES)).round().astype(int)).tolist()
    matrix = np.zeros((len(pictures.classes),) * 2, np.int64)
    for start in range(0, len(places), take):
        some = places[start : start + take]
        answers = answers_of(loaded, known, read_back(pictures.validation_images[some], known.scale))
        for place, answer in zip(some, answers.tolist(), strict=True):
            matrix[int(pictures.validation_labels[place]), answer] += 1
        tell((start + len(some)) / len(places))
    return Scores(pictures.classes, matrix)


def answers_of(loaded: Module, known: Normalization, images: Tensor) -> Tensor:
    """The class (N,) that a file names for images of bytes (N, C, H, W), normalised as it says itself."""
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (known.mean, known.std))
    given = normalised(images, mean, std)
    scores = loaded(given)
    if known.both_sides:
        scores = (scores + loaded(given.flip(3))) / 2
    return scores.argmax(1)


def read_back(images: Tensor, scale: tuple[float, float] | None) -> Tensor:
    """The images (N, C, H, W) as they are once each was written as a PNG and read as the program reads pictures."""
    count, channels, height, width = images.shape
    found = torch.empty_like(images)
    with tempfile.TemporaryDirectory(prefix=marked(TEMPORARY)) as folder:
        path = Path(folder) / "picture.png"
        for number in range(count):
            pixels = images[number].permute(1, 2, 0).contiguous().numpy()
            Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels).save(path, compress_level=1)
            made = np.frombuffer(picture_bytes(str(path), channels, height, width, scale or SCALE), np.uint8)
            found[number] = torch.from_numpy(made.reshape(height, width, channels).copy()).permute(2, 0, 1)
    return found
