"""Dataset: what there is to learn from, one declaration each, as it is known before anything is loaded.

The words of a recipe, the list in the window, the classes of a network and the way in which the images are read all
follow from the declaration. Knows no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cnnstudio.graph import Shape

FOLDER = "folder"
"""The data set that is a person's own: the recipe's ``folder`` says where its images are."""

# the numbers that everybody trains CIFAR-10 with; they are those of its training images
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2470, 0.2435, 0.2616)

_DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Bundled:
    """An archive of NumPy that comes with the program: ``images`` (N, H, W) and ``labels`` (N,).

    ``path`` are its folders and its name below ``resources/``. Multiplied by ``scale`` the values go from 0 to 255.
    """

    path: tuple[str, ...]
    scale: int = 1


@dataclass(frozen=True)
class DrawnShapes:
    """``count`` images that the program draws."""

    count: int


@dataclass(frozen=True)
class Torchvision:
    """Files of so many megabytes, downloaded once, which the class ``name`` of ``torchvision.datasets`` reads."""

    name: str
    megabytes: int


@dataclass(frozen=True)
class ImageFolder:
    """The folder that the recipe names."""


Origin: TypeAlias = Bundled | DrawnShapes | Torchvision | ImageFolder


@dataclass(frozen=True)
class Dataset:
    """One source of labelled images.

    ``names`` are the classes in the order of their labels and ``shape`` is the size that the images have by
    themselves; both are None where only the images can tell. ``licence`` says on whose terms they may be used.
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
    def is_folder(self) -> bool:
        """Whether the images are a person's own, which can change between two runs."""
        return isinstance(self.origin, ImageFolder)

    @property
    def is_at_hand(self) -> bool:
        """Whether the images are there at once: nothing is fetched, and no folder has to be chosen."""
        return not self.download_megabytes and not self.is_folder

    def train_images(self, validation_share: float) -> int | None:
        """How many images there are to train with, about, where it is known."""
        if self.images is None:
            return None
        return self.images if self.is_split else round(self.images * (1 - validation_share))


DATASETS: dict[str, Dataset] = {
    dataset.key: dataset
    for dataset in (
        Dataset(
            "digits",
            "Digits",
            _DIGITS,
            Shape(1, 8, 8),
            "1,797 handwritten digits of 8 × 8 pixels; they come with the program and train in seconds.",
            "CC BY 4.0: E. Alpaydin and C. Kaynak, https://doi.org/10.24432/C50P49",
            Bundled(("data", "digits", "digits.npz"), scale=16),
            mirror=False,
            images=1_797,
        ),
        Dataset(
            "shapes",
            "Shapes",
            ("circle", "ring", "square", "triangle", "cross", "star", "hexagon", "heart", "crescent", "bars"),
            Shape(3, 32, 32),
            "5,000 drawn shapes in colour, placed and turned at random; they are made on the spot.",
            "None is needed: the program draws them.",
            DrawnShapes(5_000),
            mirror=True,
            images=5_000,
        ),
        Dataset(
            "mnist",
            "MNIST",
            _DIGITS,
            Shape(1, 28, 28),
            "70,000 handwritten digits of 28 × 28 pixels; 12 MB are downloaded once.",
            "Not stated by its authors, Y. LeCun, C. Cortes and C. Burges; others pass it on as CC BY-SA 3.0.",
            Torchvision("MNIST", megabytes=12),
            mirror=False,
            images=60_000,
            is_split=True,
            others=10_000,
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
            "MIT: Zalando SE, https://github.com/zalandoresearch/fashion-mnist",
            Torchvision("FashionMNIST", megabytes=31),
            mirror=True,
            images=60_000,
            is_split=True,
            others=10_000,
        ),
        Dataset(
            "cifar10",
            "CIFAR-10",
            ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
            Shape(3, 32, 32),
            "60,000 small colour photos of animals and vehicles, 32 × 32 pixels; 170 MB are downloaded once.",
            "Not stated by its authors, who ask whoever uses it to cite A. Krizhevsky, Learning Multiple Layers of "
            "Features from Tiny Images, 2009: https://www.cs.toronto.edu/~kriz/cifar.html",
            Torchvision("CIFAR10", megabytes=170),
            mirror=True,
            images=50_000,
            is_split=True,
            others=10_000,
            mean_std=(CIFAR10_MEAN, CIFAR10_STD),
        ),
        Dataset(
            FOLDER,
            "Image folder",
            None,
            None,
            "Your own images: one folder a class, or two folders train and val with one folder a class in each.",
            "Your own, or that of whoever gave you the images.",
            ImageFolder(),
            mirror=True,
        ),
    )
}
"""Every data set by the word that a recipe's ``data`` calls it."""
