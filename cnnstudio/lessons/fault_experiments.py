"""Fault experiments: what a network learns from images with a fault in them, and how the fault is found out."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from cnnstudio.lessons.experiment import Outcome, Picture, Row, Side, Values, compared
from cnnstudio.lessons.race_experiments import taught
from cnnstudio.lessons.small_networks import DIGITS, digits, recipe, usual
from cnnstudio.worker import Report

LEARNED = {"optimizer": "Adam", "learning_rate": 0.01, "schedule": "one-cycle", "batch_size": 64}
DECLARED = 7, 35  # the digit and the percent of its light in the data set that anybody can choose
SHOWN = 3  # pictures whose label is doubted most


# what is dark


def _learner(values: Values) -> Side:
    digit, light = values["Dark digit"], values["Light, %"]
    data = "digits-light" if (digit, light) == DECLARED else "digits"
    return Side(f"Every {digit} at {light}%", usual(DIGITS, 8), recipe(data=data, epochs=8, **LEARNED))


def darkness(values: Values) -> Outcome:
    """The network, before it has seen any."""
    digit = values["Dark digit"]
    return compared(
        (_learner(values),),
        lambda: (
            f"Every {digit} was photographed in the evening, and is dark; all other digits are bright. Images kept "
            "apart are of the same kind, so the accuracy will look well. Train it, and see what it has learned."
        ),
        has_field=False,
    )


def train_darkness(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Train it on them, and ask it about the same digits in other light."""
    from cnnstudio.insight.told import told
    from cnnstudio.training.data.found_out import with_darkened
    from cnnstudio.training.data.planted import dimmed

    side, digit, light = _learner(values), values["Dark digit"], values["Light, %"] / 100
    runners = yield from taught((side,), (with_darkened(digits(), digit, light),), report)
    if not runners:
        return
    plain = digits()
    images, labels = plain.validation_images.numpy(), plain.validation_labels.numpy()
    bright, dark = (told(runners[0].prepared, each) for each in (images, dimmed(images, light)))
    own = labels == digit
    shares = [
        (_share(dark[own] == digit), _share(bright[~own] == labels[~own])),
        (_share(bright[own] == digit), _share(dark[~own] == labels[~own])),
    ]
    known = float(runners[0].history.epochs["validation_accuracy"][-1])
    rows = tuple(
        Row(name, tuple(f"{each:.1%}" for each in pair), pair)
        for name, pair in zip(("In the light it learned", "In the other light"), shares, strict=True)
    )
    called = _share(dark[~own] == digit)
    sentence = (
        f"{known:.1%} of the images kept apart are right. But of the {digit}s in bright light {shares[1][0]:.0%} are, "
        f"and of all other digits in the dark {called:.0%} are called {digit}: it has learned what is dark. The data "
        "panel says so without any training, under What is wrong. Such a set to learn from: Digits, day and night."
    )
    shown = images[own][:1], images[~own][:1]
    pictures = (
        Picture(f"{digit}, dark", dimmed(shown[0], light)[0, 0].astype(np.float64), limits=(0.0, 255.0)),
        Picture(f"{digit}, bright", shown[0][0, 0].astype(np.float64), limits=(0.0, 255.0)),
        Picture("Another, dark", dimmed(shown[1], light)[0, 0].astype(np.float64), limits=(0.0, 255.0)),
    )
    titles = (f"Right of the {digit}s", "Right of the others")
    yield Outcome((side,), rows, sentence, pictures, titles=titles)


def _share(right: NDArray[np.bool_]) -> float:
    return float(right.mean()) if len(right) else 0.0


# what is labelled wrongly


def _doubter(values: Values) -> Side:
    return Side(
        f"{values['Wrong labels, %']}% wrong", usual(DIGITS, 8), recipe(data="digits-haste", epochs=8, **LEARNED)
    )


def haste(values: Values) -> Outcome:
    """The network that would learn from them."""
    return compared(
        (_doubter(values),),
        lambda: (
            f"{values['Wrong labels, %']} of a hundred digits have the label of another one, drawn by chance. Let all "
            "be judged by a quick model that has not seen them, and see which it doubts."
        ),
        has_field=False,
    )


def find_haste(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Doubt the labels as the data panel does, and count how many of those that are doubted were made wrong."""
    from cnnstudio.training.data.found_out import doubted

    share = values["Wrong labels, %"] / 100
    found = doubted(digits(), share, report)
    hits = np.isin(found.suspects, found.wrong)
    precision, recall = _share(hits), float(hits.sum()) / max(1, len(found.wrong))
    rows = (
        Row("Made wrong", (f"{len(found.wrong):,}",), (float(len(found.wrong)),)),
        Row("Doubted", (f"{len(found.suspects):,}",), (float(len(found.suspects)),)),
        Row("Doubted, and wrong", (f"{int(hits.sum()):,}",), (float(hits.sum()),)),
    )
    sentence = (
        f"{hits.sum():,} of {len(found.wrong):,} wrong labels are found ({recall:.0%}), and {precision:.0%} of those "
        "that are doubted are wrong. The model learns from four fifths of the digits and judges the last; where it is "
        "sure of another class, it doubts (Northcutt et al. 2021, doi 10.1613/jair.1.12125). The data panel does the "
        "same with any images, under What is wrong. Such a set to learn from: Digits, labelled in haste."
    )
    pictures = tuple(
        Picture(f"Labelled {found.labels[at]}: {found.towards[place]}?", found.images[at, 0].astype(np.float64))
        for place, at in enumerate(found.suspects[:SHOWN].tolist())
    )
    yield Outcome((_doubter(values),), rows, sentence, pictures, titles=("Labels",))
