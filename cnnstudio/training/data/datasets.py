"""Dataset: what there is to learn from, as it is known before anything is loaded. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cnnstudio.graph import Shape

_DIGITS = tuple("0123456789")


class DataError(ValueError):
    """Images that nothing can be learned from; the message is a sentence for the person who chose them."""


class DataCancelledError(DataError):
    """The person did not want to wait any longer."""


@dataclass(frozen=True)
class Dataset:
    """One source of labelled images.

    ``names`` are the classes in the order of their labels and ``shape`` is the size that the images have by
    themselves; both are None where only the images can tell. ``mirror`` says whether an image seen in a mirror is
    still one of its class. ``download_megabytes`` is 0 where nothing has to be fetched. ``images`` are those to train
    with; where ``is_split`` is false, the recipe's share of them is kept for validation.
    """

    key: str
    title: str
    names: tuple[str, ...] | None
    shape: Shape | None
    sentence: str
    mirror: bool
    download_megabytes: int = 0
    images: int | None = None
    is_split: bool = False

    @property
    def classes(self) -> int | None:
        """How many classes there are, where it is known."""
        return None if self.names is None else len(self.names)

    def train_images(self, validation_share: float) -> int | None:
        """How many images there are to train with, about, where it is known."""
        if self.images is None:
            return None
        return self.images if self.is_split else round(self.images * (1 - validation_share))


def stamp(folder: str) -> tuple[int, ...]:
    """What is another when a class was added to an image folder or taken away; empty where there is no folder."""
    try:
        root = Path(folder).expanduser()
        return tuple(place.stat().st_mtime_ns for place in (root, root / "train") if place.is_dir())
    except (OSError, RuntimeError, ValueError):  # a name that no system takes; a home that is not there
        return ()


DATASETS: dict[str, Dataset] = {
    dataset.key: dataset
    for dataset in (
        Dataset(
            "digits",
            "Digits",
            _DIGITS,
            Shape(1, 8, 8),
            "1,797 handwritten digits of 8 × 8 pixels; they come with the program and train in seconds.",
            mirror=False,
            images=1_797,
        ),
        Dataset(
            "shapes",
            "Shapes",
            ("circle", "ring", "square", "triangle", "cross", "star", "hexagon", "heart", "crescent", "bars"),
            Shape(3, 32, 32),
            "5,000 drawn shapes in colour, placed and turned at random; they are made on the spot.",
            mirror=True,
            images=5_000,
        ),
        Dataset(
            "mnist",
            "MNIST",
            _DIGITS,
            Shape(1, 28, 28),
            "70,000 handwritten digits of 28 × 28 pixels; 12 MB are downloaded once.",
            mirror=False,
            download_megabytes=12,
            images=60_000,
            is_split=True,
        ),
        Dataset(
            "fashion-mnist",
            "Fashion-MNIST",
            (
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            Shape(1, 28, 28),
            "70,000 grey pictures of clothes, 28 × 28 pixels; 31 MB are downloaded once.",
            mirror=True,
            download_megabytes=31,
            images=60_000,
            is_split=True,
        ),
        Dataset(
            "cifar10",
            "CIFAR-10",
            ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
            Shape(3, 32, 32),
            "60,000 small colour photos of animals and vehicles, 32 × 32 pixels; 170 MB are downloaded once.",
            mirror=True,
            download_megabytes=170,
            images=50_000,
            is_split=True,
        ),
        Dataset(
            "folder",
            "Image folder",
            None,
            None,
            "Your own images: one folder a class, or two folders train and val with one folder a class in each.",
            mirror=True,
        ),
    )
}
"""Every data set by the word that a recipe's ``data`` calls it."""
