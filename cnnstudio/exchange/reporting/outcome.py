"""Outcome: what a report says of a trained network: how good it is, by class, what it tells wrong, what it sees."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, nan

import numpy as np

from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.reporting.contents_page import Block, Matrix, Paragraph, Pictures, Section, Table
from cnnstudio.exchange.reporting.pixels import mosaic, picture
from cnnstudio.exchange.reporting.verdict import Scores, interval
from cnnstudio.insight.activations import maps
from cnnstudio.insight.evaluation.evaluation import Evaluation
from cnnstudio.insight.evaluation.one_pass import evaluate
from cnnstudio.training.data.loading import Data
from cnnstudio.training.runs.record import RunRecord
from cnnstudio.training.runs.session import Prepared
from cnnstudio.wording import counted, on_a_line
from cnnstudio.worker import Report

MOST_CLASSES = 200  # rows of the table of classes
MOST_IN_MATRIX = 20  # classes to a side; of more the pairs are told that are confused most
MOST_PAIRS = 30
MOST_MISTAKES, MOST_SAMPLES, MOST_NODES, MOST_MAPS = 24, 20, 4, 16  # images
LOOKED_THROUGH = 64  # images, to find one that is told right
SAME = 0.005  # two accuracies that differ by less are not spoken of


def outcome(prepared: Prepared, record: RunRecord | None, report: Report) -> tuple[list[Section], Scores]:
    """How good it is and what it gets wrong, on all validation images; and what it sees of one of them."""
    found = evaluate(prepared, report)
    scored = Scores(found.classes, found.matrix)
    sections = [
        Section("How good it is", tuple(_accuracy(scored, record))),
        Section("What it gets wrong", tuple(_wrong(found, prepared.data))),
    ]
    if seen := list(_seen(prepared)):
        sections.append(Section("What it sees", tuple(seen)))
    return sections, scored


def samples(data: Data) -> Iterator[Block]:
    """One image of each class, of those to learn from."""
    shown = []
    labels = data.train_labels.numpy()
    for number, name in enumerate(data.classes[:MOST_SAMPLES]):
        places = np.flatnonzero(labels == number)
        if len(places):
            shown.append(picture(data.train_images[int(places[0])].numpy(), on_a_line(name, 60)))
    if shown:
        yield Pictures(tuple(shown))
        rest = len(data.classes) - MOST_SAMPLES
        more = f" The first {MOST_SAMPLES} of {len(data.classes):,} classes are shown." if rest > 0 else ""
        yield Paragraph(f"One image of each class, of those that it learned from.{more}", "note")


def _accuracy(scored: Scores, record: RunRecord | None) -> Iterator[Block]:
    low, high = interval(scored.right, scored.total)
    yield Paragraph(
        f"{scored.right:,} of {counted(scored.total, 'validation image')} are told right: an accuracy of "
        f"{scored.right / scored.total:.1%}. For images of this kind it lies between "
        f"{low:.1%} and {high:.1%} (95 % confidence, Wilson)."
    )
    most = int(scored.matrix.sum(1).max())
    yield Paragraph(
        f"Always naming the most frequent class would be right for {most / scored.total:.1%} of them.", "note"
    )
    noted = record.best.accuracy if record is not None and record.best is not None else None
    if noted is not None and abs(noted - scored.right / scored.total) > SAME:
        yield Paragraph(
            f"The run itself had noted {noted:.1%}. The images or the machine are not the same as then, so read both "
            "numbers with care.",
            "warning",
        )
    yield _by_class(scored)
    if len(scored.classes) > MOST_CLASSES:
        yield Paragraph(f"The first {MOST_CLASSES} of {len(scored.classes):,} classes are listed.", "note")
    if len(scored.classes) <= MOST_IN_MATRIX:
        yield Paragraph("Confusion matrix. A row is a class, a column is what its images were taken for:")
        yield Matrix(tuple(on_a_line(name, 30) for name in scored.classes), scored.matrix)
    else:
        yield Paragraph(
            f"A confusion matrix of {len(scored.classes):,} classes is too large to be read here. These pairs are "
            "confused most:"
        )
        yield _pairs(scored)


def _by_class(scored: Scores) -> Table:
    rows = []
    for number, name in enumerate(scored.classes[:MOST_CLASSES]):
        count, right, recall, precision, f1 = scored.of(number)
        shares = (_percent(recall), _percent(precision), _percent(f1))
        rows.append((on_a_line(name, 60), f"{count:,}", f"{right:,}", *shares))
    every = [scored.of(number)[2:] for number in range(len(scored.classes))]
    means = (_percent(_mean(column)) for column in zip(*every, strict=True))
    total = ("All, mean of the classes", f"{scored.total:,}", f"{scored.right:,}", *means)
    head = ("Class", "Images", "Told right", "Accuracy (recall)", "Precision", "F1")
    return Table(head, tuple(rows), frozenset(range(1, 6)), total)


def _pairs(scored: Scores) -> Table:
    off = scored.matrix.copy()
    np.fill_diagonal(off, 0)
    places = np.argsort(-off, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [divmod(int(place), len(scored.classes)) for place in places]
    names = [on_a_line(name, 60) for name in scored.classes]
    rows = ((names[row], names[column], f"{off[row, column]:,}") for row, column in pairs if off[row, column])
    return Table(("Class", "Taken for", "Times"), tuple(rows), frozenset({2}))


def _wrong(found: Evaluation, data: Data) -> Iterator[Block]:
    yield Paragraph(found.mistakes_sentence)
    if wrong := len(found.mistakes):
        shown = found.mistakes[:MOST_MISTAKES].tolist()
        names = [on_a_line(name, 60) for name in found.classes]
        yield Pictures(
            tuple(
                picture(data.validation_images[n].numpy(), f"{names[found.labels[n]]}, not {names[found.answers[n]]}")
                for n in shown
            )
        )
        some = f"the {len(shown)} of {wrong:,} mistakes" if wrong > len(shown) else "all mistakes"
        yield Paragraph(f"These are {some} of which the network was surest, the surest first.", "note")


def _seen(prepared: Prepared) -> Iterator[Block]:
    """The maps of some layers for a validation image, one that is told right where there is one among the first."""
    module, source, data = prepared.module, prepared.source, prepared.data
    last = source.steps[-1].node
    number, is_right = 0, False
    for place in range(min(LOOKED_THROUGH, len(data.validation_labels))):
        told = maps(module, source, last, data.validation_images[place].numpy(), data)
        if told.ndim == 1 and int(told.argmax()) == int(data.validation_labels[place]):
            number, is_right = place, True
            break
    analysis = infer(prepared.project.graph).acting
    there = [name for name in analysis.graph.order if (facts := analysis.facts.get(name)) is not None
             and facts.shape.is_map and min(facts.shape.spatial) > 1 and analysis.graph[name].inputs]  # fmt: skip
    learn = [name for name in there if analysis.facts[name].parameters] or there
    if not learn:
        return
    some = np.unique(np.linspace(0, len(learn) - 1, min(MOST_NODES, len(learn))).round().astype(int))
    image = data.validation_images[number].numpy()
    label = on_a_line(data.classes[int(data.validation_labels[number])], 60)
    verdict = "which it tells right" if is_right else "which it tells wrong, as all that were tried"
    yield Pictures((picture(image, f"{label}, validation image {number + 1:,}"),))
    yield Paragraph(f"What some layers make of this image, {verdict}. Each map goes from its least number (black) to "
                    "its greatest (white).", "note")  # fmt: skip
    for name in (learn[place] for place in some):
        found = maps(module, source, name, image, data)
        if found.ndim == 3:
            few = f", the first {MOST_MAPS}" if len(found) > MOST_MAPS else ""
            size = f"{counted(len(found), 'map')} of {found.shape[1]} × {found.shape[2]}{few}"
            yield Pictures((mosaic(found[:MOST_MAPS], f"{name}: {size}"),))


def _mean(values: tuple[float, ...]) -> float:
    """Of those that are numbers: a class that has no images, or for which none was taken, does not count."""
    known = [value for value in values if not isnan(value)]
    return sum(known) / len(known) if known else nan


def _percent(value: float) -> str:
    return f"{value:.1%}" if not isnan(value) else "–"
