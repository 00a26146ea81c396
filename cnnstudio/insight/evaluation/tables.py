"""Tables: what an evaluation found as rows of text with a header, for a spreadsheet. Knows no torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from math import isnan

from cnnstudio.insight.evaluation.calibration import calibration
from cnnstudio.insight.evaluation.evaluation import Evaluation, Values
from cnnstudio.insight.evaluation.properties import Described, groups

Table = list[list[str]]


def classes_table(evaluation: Evaluation) -> Table:
    """A row a class with its counts and shares, empty where one is not known; then the whole."""
    rows = [["class", "images", "answered", "right", "precision", "recall", "f1"]]
    for each in evaluation.class_scores:
        counts = [str(number) for number in (each.images, each.answered, each.right)]
        rows.append([each.name, *counts, *map(_share, (each.precision, each.recall, each.f1))])
    metrics, right = evaluation.metrics, int(evaluation.right.sum())
    total = str(len(evaluation))
    return [
        *rows,
        ["(all)", total, total, str(right), _share(metrics.accuracy), _share(metrics.accuracy), _share(metrics.f1)],
    ]


def matrix_table(evaluation: Evaluation) -> Table:
    """The confusion matrix: a row the class of the images, a column the answer."""
    rows = zip(evaluation.classes, evaluation.matrix.tolist(), strict=True)
    return [["class \\ answer", *evaluation.classes], *([name, *map(str, counts)] for name, counts in rows)]


def pictures_table(evaluation: Evaluation) -> Table:
    """A row a validation image, by its number from 1: its class, the answer, and how sure the network was."""
    rows = [["image", "class", "answer", "probability", "second", "right"]]
    names = (*evaluation.classes, "")  # -1 is the last one
    for number in range(len(evaluation)):
        label, answer = int(evaluation.labels[number]), int(evaluation.answers[number])
        sure, second = float(evaluation.confidences[number]), names[int(evaluation.seconds[number])]
        rows.append(
            [str(number + 1), names[label], names[answer], _number(sure), second, "yes" if label == answer else "no"]
        )
    return rows


def calibration_table(evaluation: Evaluation) -> Table:
    """A row a bin of sureness."""
    rows = [["from", "to", "images", "mean probability", "accuracy"]]
    for each in calibration(evaluation).bins:
        shares = (_share(each.confidence), _share(each.accuracy)) if each.images else ("", "")
        rows.append([_share(each.low), _share(each.high), str(each.images), *shares])
    return rows


def properties_table(evaluation: Evaluation, described: Iterable[Described]) -> Table:
    """A row a group of pictures that are alike in a property, with the 95 % interval of their accuracy."""
    rows = [["property", "from", "to", "images", "right", "accuracy", "at least", "at most"]]
    for every in described:
        for each in groups(evaluation, every):
            ends = [each.name, each.name] if each.name else [_number(each.low), _number(each.high)]
            counts = str(len(each.numbers)), str(each.right)
            rows.append([every.what.title, *ends, *counts, *map(_share, (each.accuracy, *each.interval))])
    return rows


def points_table(evaluation: Evaluation, numbers: Sequence[int], places: Values) -> Table:
    """A row a point of the map: the image, its class, the answer, and where it stands."""
    names = evaluation.classes
    rows = [["image", "class", "answer", "x", "y"]]
    for number, (x, y) in zip(numbers, places.tolist(), strict=True):
        told = names[int(evaluation.labels[number])], names[int(evaluation.answers[number])]
        rows.append([str(int(number) + 1), *told, _number(x), _number(y)])
    return rows


def as_csv(table: Table) -> str:
    """The table for a spreadsheet; what would be a formula there is text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_harmless(cell) for cell in row] for row in table)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, whatever a folder was called."""
    if cell[:1] in ("=", "@", "\t", "\r") or (cell[:1] in ("+", "-") and not _is_number(cell)):
        return f"'{cell}"
    return cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.6f}"


def _number(number: float) -> str:
    return "" if isnan(number) else f"{number:.6g}"
