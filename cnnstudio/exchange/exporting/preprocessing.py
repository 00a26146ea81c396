"""Preprocessing: how images become what a network learned to see, and what its answers are called. Knows no torch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cnnstudio.compiler.ending import INSIDE_LOSS
from cnnstudio.graph import Shape
from cnnstudio.training.data.picture import SCALE, USUAL, Rules


class Normalizing(Protocol):
    """Anything that knows the mean and the standard deviation of each channel, pixels from 0 to 1, and the classes."""

    @property
    def mean(self) -> tuple[float, ...]:
        """One number a channel."""

    @property
    def std(self) -> tuple[float, ...]:
        """One number a channel."""

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of the network's outputs."""

    @property
    def scale(self) -> tuple[float, float] | None:
        """What is black and white in pictures of more than 8 bits; None where there were none."""

    @property
    def rules(self) -> Rules:
        """How pictures of other proportions are made to fit."""


@dataclass(frozen=True)
class Normalization:
    """A ``Normalizing`` by itself; it travels in the metadata of a file of weights.

    ``loss`` is the recipe's word for what the network was trained with, empty where nobody knows: with what it ends in,
    it tells what makes probabilities of the answers (``compiler.ending``). ``both_sides`` says that they are the mean
    of those for an image and for its mirror image.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    loss: str = ""
    both_sides: bool = False
    rules: Rules = USUAL

    @classmethod
    def of(cls, data: Normalizing) -> Normalization:
        """What ``data`` says, as a value."""
        if isinstance(data, cls):
            return data
        numbers = tuple(map(float, data.mean)), tuple(map(float, data.std))
        return cls(*numbers, tuple(data.classes), data.scale, rules=data.rules)

    def metadata(self) -> dict[str, str]:
        """The keys and values with which it stands in a .safetensors file."""
        known: dict[str, object] = {"mean": self.mean, "std": self.std, "classes": self.classes}
        known |= {"scale": self.scale} if self.scale else {}
        told = {key: json.dumps(value) for key, value in known.items()} | ({"loss": self.loss} if self.loss else {})
        return told | ({"sides": "both"} if self.both_sides else {}) | self.rules.metadata

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str] | None) -> Normalization | None:
        """What a file says, or None where it says nothing of the kind: the file may be a stranger's."""
        try:
            found = {key: json.loads((metadata or {})[key]) for key in ("mean", "std", "classes")}
        except (KeyError, ValueError, RecursionError):
            return None
        mean, std, classes = found["mean"], found["std"], found["classes"]
        if not (_are_numbers(mean) and _are_numbers(std) and len(mean) == len(std) and all(x > 0 for x in std)):
            return None
        if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
            return None
        told = metadata or {}
        loss = told.get("loss", "") if told.get("loss", "") in INSIDE_LOSS else ""
        numbers = tuple(map(float, mean)), tuple(map(float, std))
        return cls(*numbers, tuple(classes), scale_from(told), loss, told.get("sides") == "both", Rules.told(told))


def scale_from(metadata: Mapping[str, str]) -> tuple[float, float] | None:
    """What a file says is black and white in pictures of more than 8 bits; None where it says nothing of use."""
    try:
        low, high = map(float, json.loads(metadata.get("scale", "null")))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    return (low, high) if low < high and math.isfinite(high - low) else None


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(x, int | float) and not isinstance(x, bool) and abs(x) < 1e9 and math.isfinite(x) for x in values
    )


def picture_rules(size: Shape, normalization: Normalization | None) -> str:
    """What becomes of a picture before the network sees it, in words, for whoever uses a file without this program."""
    channels, height, width = size
    low, high = (normalization.scale if normalization else None) or SCALE
    rules = normalization.rules if normalization else USUAL
    ways = {
        "cut": f"cut its middle to the proportions {width}:{height} and resize it to {width} x {height} pixels, "
        "bilinear with antialiasing (Pillow's ImageOps.fit)",
        "pad": f"resize it so that it just fits into {width} x {height} pixels, bilinear with antialiasing, and lay it "
        f"in the middle of as many {rules.ground} ones",
        "stretch": f"resize it to {width} x {height} pixels whatever its proportions are, bilinear with antialiasing",
    }
    told = (
        f"Turn the picture upright as its EXIF says; lay it on {rules.ground} where it is transparent; make it "
        f"{'grey' if channels == 1 else 'RGB'} ({low:g} becomes black and {high:g} white where it has more than 8 "
        f"bits); {ways[rules.fit]}; divide by 255"
    )
    told += "; subtract the mean and divide by the std of each channel" if normalization else ""
    told += f"; give it as float32 (N, {channels}, {height}, {width})."
    if normalization and normalization.both_sides:
        told += " Take the mean of the outputs for it and for its mirror image."
    return told
