"""Datasets: what there is to learn from, one declaration each, as it is known before anything is loaded.

The words of a recipe, the list in the window, the classes of a network and the way in which the images are read all
follow from the declaration. Knows no torch.
"""

from cnnstudio.project.datasets.dataset import (
    Archive,
    Bundled,
    Dataset,
    DrawnShapes,
    FakeImages,
    ImageFile,
    ImageFolder,
    ImageTable,
    Origin,
    Torchvision,
)
from cnnstudio.project.datasets.declared import DATASETS, FILE, FOLDER, OWN, TABLE
from cnnstudio.project.datasets.fetched import CIFAR10_MEAN, CIFAR10_STD

__all__ = [
    "CIFAR10_MEAN",
    "CIFAR10_STD",
    "DATASETS",
    "FILE",
    "FOLDER",
    "OWN",
    "TABLE",
    "Archive",
    "Bundled",
    "Dataset",
    "DrawnShapes",
    "FakeImages",
    "ImageFile",
    "ImageFolder",
    "ImageTable",
    "Origin",
    "Torchvision",
]
