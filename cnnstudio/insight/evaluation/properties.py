"""Properties of pictures, measured or told by a table, and how often those alike in one are told right."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb, isfinite
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.insight.evaluation.evaluation import Evaluation, Values
from cnnstudio.training.data.picture import FORMATS
from cnnstudio.training.data.room import at_once
from cnnstudio.wording import counted
from cnnstudio.worker import Report, sparing, unheard

Pixels = NDArray[np.uint8]
GROUPS = 5
NAMED = 8  # groups at most of a property that is told in words, and of numbers that are as few
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_Z = 1.959964  # of a normal distribution: 95 of 100 lie within so many deviations
OTHERS, COLUMN = "all others", "a column of the table"


@dataclass(frozen=True)
class Property:
    """Something that a picture has: its ``title``, what those with least and most of it are called, what it is.

    What a column of a table says has no words for its ends.
    """

    title: str
    told: str
    least: str = ""
    most: str = ""

    def end(self, count: int, is_most: bool, is_second: bool = False) -> str:
        """So many pictures at one end of it, in words."""
        pictures = "" if is_second else " pictures" if count > 1 else " picture"
        if self.least:
            return f"the {self.most if is_most else self.least} {count:,}{pictures}"
        of = "" if is_second else f" {self.title}"
        return f"the {count:,}{pictures} with the {'highest' if is_most else 'lowest'}{of}"


@dataclass(frozen=True, eq=False)
class Described:
    """A property of N pictures: ``values`` (N,), not a number where it is not known.

    Where it is told in words, or in as few numbers, ``names`` are these in their order, and a value is the place there.
    """

    what: Property
    values: Values
    names: tuple[str, ...] = ()


def _sharpness(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    if min(grey.shape[1:]) < 3:
        return np.zeros(len(grey), np.float32)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    found: NDArray[np.float32] = (around - 4 * inner).var((1, 2))
    return found


SIZE = Property("Size in the file", "its height times its width, in pixels", "smallest", "largest")
PROPERTIES = {
    "brightness": Property("Brightness", "the mean of its pixels", "darkest", "brightest"),
    "contrast": Property("Contrast", "the deviation of its pixels", "palest", "strongest"),
    # Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy
    "sharpness": Property("Sharpness", "the variance of its Laplacian", "most blurred", "sharpest"),
}  # fmt: skip
# of grey pictures (N, H, W) from 0 to 1: (N,)
_MEASURES: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "brightness": lambda grey: grey.mean((1, 2)),
    "contrast": lambda grey: grey.std((1, 2)),
    "sharpness": _sharpness,
}


@dataclass(frozen=True, eq=False)
class Group:
    """Pictures whose property lies from ``low`` to ``high``, by their numbers, and how many were told right.

    ``name`` is the word that they have in common, empty where there is none. ``interval`` is where the true share lies
    with 95 % certainty (Wilson 1927).
    """

    low: float
    high: float
    numbers: NDArray[np.int64]
    right: int
    name: str = ""

    @property
    def accuracy(self) -> float:
        """The share that was told right."""
        return self.right / len(self.numbers)

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson interval of the share."""
        return wilson(self.right, len(self.numbers))


def wilson(right: int, count: int, z: float = _Z) -> tuple[float, float]:
    """Where the share lies of which ``right`` of ``count`` is a sample, with 95 % certainty (Wilson 1927)."""
    share, square = right / count, z * z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = z / (1 + square / count) * np.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def measured(images: Pixels, report: Report = unheard) -> dict[str, Described]:
    """Each property of the pictures (N, C, H, W) of bytes, as they enter the network, by its key.

    Worked on a few megabytes at a time. Where ``report`` says to end, it is of the pictures measured until then.
    """
    step, parts = at_once(images.shape[1:]), {key: [np.empty(0, np.float32)] for key in PROPERTIES}
    for start in range(0, len(images), step):
        pixels = images[start : start + step].astype(np.float32) / np.float32(255)
        grey = pixels[:, 0]
        if pixels.shape[1] == 3:
            grey = np.tensordot(pixels, _LUMA, (1, 0)).astype(np.float32, copy=False)
        for key, measure in _MEASURES.items():
            parts[key].append(measure(grey))
        if not report("Measuring the pictures", (start + len(pixels)) / len(images)):
            break
    return {key: Described(PROPERTIES[key], np.concatenate(found).astype(np.float64)) for key, found in parts.items()}


def sizes(files: Sequence[str], report: Report = unheard) -> Described:
    """How large the pictures of these files are by themselves, of which only the beginnings are read.

    Not known of files that cannot be opened any more, and where ``report`` says to end of the rest.
    """
    found, tell = np.full(len(files), np.nan), sparing(report, 50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about the insides of odd files
        for number, file in enumerate(files):
            if not tell(f"Measuring the files: {number:,} of {len(files):,}", number / len(files)):
                break
            try:
                with Image.open(file, formats=FORMATS) as picture:
                    found[number] = picture.width * picture.height
            except Exception:  # whatever a decoder says about bytes that somebody else wrote
                continue
    return Described(SIZE, found)


def column(title: str, cells: Sequence[str], *, has_commas: bool = False) -> Described:
    """What a column of a table says of N pictures, an empty cell for one of which it says nothing.

    It is taken for numbers where all that it says are; ``has_commas`` says that a comma may be the decimal one.
    """
    numbers = [_number(cell, has_commas) if cell else np.nan for cell in cells]
    is_number = all(number is not None for number in numbers)
    if is_number:
        values = np.array(numbers, np.float64)
        known = np.unique(values[np.isfinite(values)])
        if len(known) > NAMED:
            values[~np.isfinite(values)] = np.nan
            return Described(Property(title, COLUMN), values)
        names = tuple(f"{value:.6g}" for value in known.tolist())
        place = {value: float(number) for number, value in enumerate(known.tolist())}
        told = np.array([place.get(value, np.nan) for value in values.tolist()])
    else:
        names = tuple(sorted({cell for cell in cells if cell}, key=lambda each: (each.casefold(), each)))
        where = {name: float(number) for number, name in enumerate(names)}
        told = np.array([where.get(cell, np.nan) for cell in cells])
    return Described(Property(title, COLUMN), told, names)


def _number(cell: str, has_commas: bool) -> float | None:
    """The number that a cell holds; not a number for one that is not finite, None for what is no number."""
    try:
        number = float(cell.replace(",", ".") if has_commas and cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return None
    return number if isfinite(number) else np.nan


def groups(evaluation: Evaluation, described: Described, most: int = GROUPS) -> tuple[Group, ...]:
    """The pictures in groups of as equal a size as can be, from the least value to the greatest.

    Pictures of one value stay together, so that there may be fewer groups. What is told in words has a group for each,
    and one for all rarer ones where there are too many. Pictures of which it is not known are in none.
    """
    values = described.values[: len(evaluation)]
    known = np.flatnonzero(~np.isnan(values))
    values = values[known]
    if not len(known):
        return ()
    if described.names:
        return _named(evaluation, described.names, known, values)
    inner = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)[1:-1]))
    place = np.searchsorted(inner, values, side="left")
    return tuple(_group(evaluation, known[place == each], values[place == each]) for each in np.unique(place))


def _group(evaluation: Evaluation, numbers: NDArray[np.int64], values: Values, name: str = "") -> Group:
    return Group(float(values.min()), float(values.max()), numbers, int(evaluation.right[numbers].sum()), name)


def _named(evaluation: Evaluation, names: Sequence[str], known: NDArray[np.int64], places: Values) -> tuple[Group, ...]:
    """A group a name, in their order; of more than there is room for, the most frequent ones and all others."""
    there = Counter(places.tolist())
    kept = sorted(place for place, _ in there.most_common(NAMED if len(there) <= NAMED else NAMED - 1))
    found = [_group(evaluation, known[places == each], places[places == each], names[int(each)]) for each in kept]
    rest = ~np.isin(places, kept)
    if rest.any():
        found.append(_group(evaluation, known[rest], places[rest], OTHERS))
    return tuple(found)


def sentence(described: Described, found: tuple[Group, ...], count: int) -> str:
    """What the groups of ``count`` pictures say: how they differ, and whether that may be chance."""
    what = described.what
    lacking = count - sum(len(each.numbers) for each in found)
    unknown = f" Of {counted(lacking, 'picture')} it is not known." if lacking else ""
    if not found:
        return f"{what.title} is known of none of these pictures."
    if len(found) < 2:
        alike = f"{found[0].name} in all of these" if found[0].name else "the same in all"
        return f"{what.title} ({what.told}) is {alike} pictures.{unknown}"
    if described.names:
        return f"{_compared(found)}{_rarer(described, found)}{unknown}"
    first, last = found[0], found[-1]
    points = 100 * (last.accuracy - first.accuracy)
    least, most = what.end(len(first.numbers), False), what.end(len(last.numbers), True, True)
    told = (
        f"Of {least} {first.accuracy:.1%} are told right, of {most} {last.accuracy:.1%}: {abs(points):.1f} points "
        f"{'more' if points >= 0 else 'fewer'}."
    )
    return f"{told} {_chance(first, last, 1)}{unknown}"


def _compared(found: Sequence[Group]) -> str:
    """Which of the named groups is told right most often and which least, among as many as could have been it."""
    ordered = sorted(found, key=lambda each: each.accuracy)
    worst, best = ordered[0], ordered[-1]
    points = 100 * (best.accuracy - worst.accuracy)
    told = (
        f"Of {counted(len(best.numbers), 'picture')} with {best.name} {best.accuracy:.1%} are told right, the most; of "
        f"{counted(len(worst.numbers), 'picture')} with {worst.name} {worst.accuracy:.1%}, the fewest: {points:.1f} "
        "points between them."
    )
    return f"{told} {_chance(worst, best, comb(len(found), 2))}"


def _rarer(described: Described, found: Sequence[Group]) -> str:
    """How many words are together in one group, where there is one."""
    if found[-1].name != OTHERS:
        return ""
    kinds = len(np.unique(described.values[~np.isnan(described.values)]))
    return f" The {len(found) - 1} most frequent of {kinds:,} are told apart."


def _chance(one: Group, other: Group, pairs: int) -> str:
    """Whether two shares differ by more than chance, where they were picked among so many pairs (Bonferroni)."""
    z = NormalDist().inv_cdf(1 - 0.025 / pairs)
    (low, high), (least, most) = (wilson(each.right, len(each.numbers), z) for each in (one, other))
    overlap = low <= most and least <= high
    return "That may be chance: the intervals overlap." if overlap else "That is more than chance."
