"""Declared: every data set that there is. Knows no torch."""

from __future__ import annotations

from cnnstudio.graph import Shape
from cnnstudio.project.datasets.dataset import (
    Bundled,
    Dataset,
    DrawnShapes,
    FakeImages,
    ImageFile,
    ImageFolder,
    ImageTable,
)
from cnnstudio.project.datasets.fetched import FETCHED
from cnnstudio.project.datasets.known_classes import DIGITS

FOLDER, TABLE, FILE = "folder", "table", "file"
OWN = FOLDER, TABLE, FILE
"""The data sets that are a person's own: the recipe's ``folder`` says where their images are."""

DATASETS: dict[str, Dataset] = {
    dataset.key: dataset
    for dataset in (
        Dataset(
            "digits",
            "Digits",
            DIGITS,
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
            "digits-haste",
            "Digits, labelled in haste",
            DIGITS,
            Shape(1, 8, 8),
            "The digits once more, with something wrong in them that is to be found out.",
            "CC BY 4.0: E. Alpaydin and C. Kaynak, https://doi.org/10.24432/C50P49; changed for this program.",
            Bundled(("data", "digits", "digits.npz"), scale=16, fault="labels"),
            mirror=False,
            images=1_797,
        ),
        Dataset(
            "digits-light",
            "Digits, day and night",
            DIGITS,
            Shape(1, 8, 8),
            "The digits once more: a network does well on them, and yet has learned something else than it should.",
            "CC BY 4.0: E. Alpaydin and C. Kaynak, https://doi.org/10.24432/C50P49; changed for this program.",
            Bundled(("data", "digits", "digits.npz"), scale=16, fault="light"),
            mirror=False,
            images=1_797,
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
        Dataset(
            TABLE,
            "Table of files",
            None,
            None,
            "Your own images, listed in a CSV file: a column of file names and a column of labels.",
            "Your own, or that of whoever gave you the images.",
            ImageTable(),
            mirror=True,
        ),
        Dataset(
            FILE,
            "File of images",
            None,
            None,
            "Images and labels in a file: .npz as of MedMNIST, Parquet as of Hugging Face; or a folder of idx files or "
            "of CIFAR's batches.",
            "Your own, or that of whoever gave you the images.",
            ImageFile(),
            mirror=False,
        ),
        *FETCHED,
        Dataset(
            "fake",
            "Fake images",
            DIGITS,
            Shape(3, 32, 32),
            "1,000 images of chance with labels of chance, in whatever size: there is nothing in them to learn, and "
            "they show how long a step takes.",
            "None is needed: the program makes them.",
            FakeImages(1_000),
            mirror=True,
            images=1_000,
        ),
    )
}
"""Every data set by the word that a recipe's ``data`` calls it."""
