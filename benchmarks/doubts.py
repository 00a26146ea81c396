"""What is found of faults that were planted in images, and what is said of images as they are.

Promises: of 5 % wrong labels in the digits, 95 of 100 are among as many pictures as were planted, ranked by doubt, and
95 of 100 that are flagged are wrong, within 30 s; the same picture in both halves, made larger, compressed as JPEG 60
or mirrored, is found every time, and so is a class that is darker than the others; of the digits as they are nothing
is said but of single labels. ``python benchmarks/doubts.py``
"""

from __future__ import annotations

import io
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.album import Album, album
from cnnstudio.training.data.doubts.doubt import Doubt, Kind
from cnnstudio.training.data.doubts.looks import looks
from cnnstudio.training.data.doubts.survey import search
from cnnstudio.training.data.doubts.wrong_labels import suspects
from cnnstudio.training.data.roll import Roll, enrol
from cnnstudio.training.device import cores
from cnnstudio.worker import unheard

SEEDS, SHARE, LEAST, SECONDS = 5, 0.05, 0.95, 30.0
Pixels = NDArray[np.uint8]


def found(roll: Roll, images: list[Pixels]) -> tuple[Doubt, ...]:
    """What is doubted of these pictures."""

    def see(number: int) -> tuple[Pixels, int, int]:
        return images[number], images[number].shape[1], images[number].shape[2]

    return search(roll, see, None, 0, cores(), unheard).found


def labels(digits: Album) -> list[str]:
    """Wrong labels in the digits; what is not kept."""
    images, missed = list(digits.pixels), []
    seen = looks(range(len(images)), lambda n: (images[n], 8, 8), cores(), unheard)
    for seed in range(SEEDS):
        random = np.random.default_rng(seed)
        wrong = random.permutation(len(images))[: round(SHARE * len(images))]
        given = digits.given.copy()
        given[wrong] = (given[wrong] + random.integers(1, 10, len(wrong))) % 10
        begun = time.perf_counter()
        told = suspects(seen, given, 10, 0, unheard)
        seconds = time.perf_counter() - begun
        planted, first = set(wrong.tolist()), told.order(given)[: len(wrong)]
        hits = len(planted & set(first.tolist())) / len(wrong)
        right = len(planted & set(told.places.tolist())) / max(1, len(told.places))
        print(
            f"labels, seed {seed}: {len(wrong)} planted, {len(told.places)} flagged; hit rate {hits:.3f} and precision "
            f"{right:.3f} (promised {LEAST}), {seconds:.1f} s (promised {SECONDS:g})"
        )
        if hits < LEAST or right < LEAST or seconds > SECONDS:
            missed.append(f"labels, seed {seed}")
    return missed


def saved(image: Pixels, times: float, quality: int, is_mirrored: bool) -> Pixels:
    """A picture (C, H, W) in another size, compressed once."""
    made = Image.fromarray(image.transpose(1, 2, 0) if len(image) == 3 else image[0])
    side = round(times * made.width)
    made = made.resize((side, side), Image.Resampling.BICUBIC)
    if is_mirrored:
        made = made.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    buffer = io.BytesIO()
    made.save(buffer, "JPEG", quality=quality)
    read = np.asarray(Image.open(buffer))
    return read.transpose(2, 0, 1) if read.ndim == 3 else read[None]


def twins(source: Album) -> list[str]:
    """Pictures of the training half that are in the other half as well, saved otherwise; what is not kept."""
    train, kept = np.flatnonzero(~source.apart), np.flatnonzero(source.apart)
    numbers, missed = np.concatenate((train, kept)), []
    ways = {"larger": (3, 95, False), "JPEG 60": (2, 60, False), "mirrored": (2, 90, True)}
    for name, way in ways.items():
        images = [source.pixels[number] for number in numbers.tolist()]
        places = range(len(train), len(train) + 200)
        for turn, place in enumerate(places):
            images[place] = saved(images[turn], *way)
        roll = enrol(source.classes, source.given[numbers], np.arange(len(numbers)) >= len(train), {})
        same = [doubt for doubt in found(roll, images) if doubt.kind is Kind.SAME]
        pairs = same[0].pairs.tolist() if same and same[0].pairs is not None else []
        right = sum(place - len(train) == twin for place, twin in pairs)
        print(f"{source.title}, {name}: {right} of 200 found, {len(pairs) - right} false (promised 200 and 0)")
        missed += [f"{source.title}, {name}"] if (right, len(pairs)) != (200, 200) else []
    return missed


def dark(digits: Album) -> list[str]:
    """Each class darker than the others in its turn; what is not kept."""
    told = []
    for label in range(10):
        images = [
            image // 3 if of == label else image // 2 + 110
            for image, of in zip(digits.pixels, digits.given, strict=True)
        ]
        hints = [each for each in found(digits.roll(()), images) if each.kind is Kind.HINT]
        told.append(len(hints) == 1 and hints[0].sentence.startswith(f"The pictures of {label} are "))
    print(f"a class that is darker than the others: {sum(told)} of 10 found")
    return [] if all(told) else ["dark"]


def main() -> None:
    """Measure, and say which promises are not kept."""
    digits, shapes = (album(Recipe(data=name), unheard) for name in ("digits", "shapes"))
    missed = labels(digits) + twins(digits) + twins(shapes) + dark(digits)
    for source in (digits, shapes):
        alarms = found(source.roll(()), list(source.pixels))
        told = ", ".join(f"{each.kind.value} {len(each.numbers)}" for each in alarms) or "nothing"
        print(f"{source.title} as they are: {told}")
        missed += [source.title] if any(each.kind is not Kind.LABELS for each in alarms) else []
    print(f"not kept: {', '.join(missed)}" if missed else "all promises kept")


if __name__ == "__main__":
    main()
