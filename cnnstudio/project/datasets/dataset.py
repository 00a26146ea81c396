"""Dataset: one source of labelled images, and where they come from. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cnnstudio.graph import Shape

Reader: TypeAlias = Literal[
    "mnist", "qmnist", "emnist", "usps", "cifar", "svhn", "stl10", "flowers102", "pets", "imagenette", "gtsrb"
]
"""What reads the files that torchvision knows; each is a function in ``training/data/readers``."""


@dataclass(frozen=True)
class Bundled:
    """An archive of NumPy that comes with the program: ``images`` (N, H, W) and ``labels`` (N,).

    ``path`` are its folders and its name below ``resources/``. Multiplied by ``scale`` the values go from 0 to 255.
    ``fault`` is put into them on purpose: some wrong "labels", or the "light" of one class.
    """

    path: tuple[str, ...]
    scale: int = 1
    fault: Literal["", "labels", "light"] = ""


@dataclass(frozen=True)
class DrawnShapes:
    """``count`` images that the program draws."""

    count: int


@dataclass(frozen=True)
class FakeImages:
    """``count`` images of chance, with labels of chance: made on the spot in whatever size is asked for."""

    count: int


@dataclass(frozen=True)
class Archive:
    """A file that is fetched once: its name, its MD5, so many bytes, and the addresses that have it."""

    name: str
    md5: str
    bytes: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Torchvision:
    """Files that ``torchvision.datasets`` reads with its class ``name``; here a ``reader`` of the program's own does.

    ``inside`` is the folder in which torchvision keeps them below its root, empty where it is the root itself. ``part``
    is a word for one of the data sets that EMNIST holds.
    """

    name: str
    reader: Reader
    files: tuple[Archive, ...]
    inside: str = ""
    part: str = ""

    @property
    def megabytes(self) -> int:
        """How many millions of bytes are fetched."""
        return round(sum(file.bytes for file in self.files) / 1_000_000)


@dataclass(frozen=True)
class ImageFolder:
    """The folder that the recipe names."""


@dataclass(frozen=True)
class ImageTable:
    """The table of file names and labels that the recipe names."""


@dataclass(frozen=True)
class ImageFile:
    """The file that the recipe names, or the folder of such files: images and labels as arrays."""


Origin: TypeAlias = Bundled | DrawnShapes | FakeImages | Torchvision | ImageFolder | ImageTable | ImageFile


@dataclass(frozen=True)
class Dataset:
    """One source of labelled images.

    ``names`` are the classes in the order of their labels and ``shape`` is the size that the images have by
    themselves, of photographs that in which they are mostly learned; both are None where only the images can tell.
    ``licence`` says on whose terms they may be used.
    ``origin`` is where they come from, from which follows how they are read. ``mirror`` says whether an image seen in
    a mirror is still one of its class. ``images`` are those to train with; where ``is_split`` is false, the recipe's
    share of them is kept for validation, and where it is true, ``others`` come beside them. ``mean_std`` are the
    mean and the deviation of each channel that everybody normalises the images with in their own size, with pixels from
    0 to 1; None where nobody has agreed on any.
    """

    key: str
    title: str
    names: tuple[str, ...] | None
    shape: Shape | None
    sentence: str
    licence: str
    origin: Origin
    mirror: bool
    images: int | None = None
    is_split: bool = False
    others: int = 0
    mean_std: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    @property
    def classes(self) -> int | None:
        """How many classes there are, where it is known."""
        return None if self.names is None else len(self.names)

    @property
    def download_megabytes(self) -> int:
        """How much is fetched before the first use; 0 where nothing is."""
        return self.origin.megabytes if isinstance(self.origin, Torchvision) else 0

    @property
    def is_own(self) -> bool:
        """Whether the images are a person's own, which can change between two runs: the recipe says where they are."""
        return isinstance(self.origin, ImageFolder | ImageTable | ImageFile)

    @property
    def is_folder(self) -> bool:
        """Whether the images lie in folders that are their classes, in the one that the recipe names."""
        return isinstance(self.origin, ImageFolder)

    @property
    def is_pictures(self) -> bool:
        """Whether every image is a picture file of a size of its own."""
        readers = ("flowers102", "pets", "imagenette", "gtsrb")
        is_fetched = isinstance(self.origin, Torchvision) and self.origin.reader in readers
        return is_fetched or isinstance(self.origin, ImageFolder | ImageTable)

    @property
    def is_at_hand(self) -> bool:
        """Whether the images are there at once: nothing is fetched, and nothing has to be chosen."""
        return not self.download_megabytes and not self.is_own

    @property
    def is_taken_along(self) -> bool:
        """Whether a training that goes elsewhere takes its images along: nothing there would read them by itself."""
        is_plain = isinstance(self.origin, Torchvision) and self.origin.reader in ("mnist", "usps", "cifar")
        return not self.is_folder and not is_plain

    def train_images(self, validation_share: float) -> int | None:
        """How many images there are to train with, about, where it is known."""
        if self.images is None:
            return None
        return self.images if self.is_split else round(self.images * (1 - validation_share))
