"""Model card: what goes beside an exported file, for whoever gets it: what it was made of, how good it is, its limits.

After Mitchell et al., Model Cards for Model Reporting, 2019: doi 10.1145/3287560.3287596.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from cnnstudio import __version__
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting.export import Exported
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.exchange.exporting.markdown import escaped, table
from cnnstudio.exchange.exporting.preprocessing import picture_rules
from cnnstudio.exchange.reporting.contents_page import Points
from cnnstudio.exchange.reporting.verdict import Scores, interval, limits
from cnnstudio.graph import Shape
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.data.loading import Data
from cnnstudio.wording import brief, counted, memory

MARK = "<!-- A model card that CNN Studio wrote. -->"
"""The first line of every card: a file without it is somebody's own, and stays."""

MOST_CLASSES = 200  # rows of the table


def card_path(path: Path) -> Path:
    """Where the card of the file ``path`` goes."""
    return path.with_name(f"{path.stem} card.md")


def model_card(exported: Exported, project: Project, kind: str, title: str, pictures: Data | None) -> str:
    """The text of the card of a file that is there."""
    parts = [
        f"{MARK}\n# {escaped(title or exported.path.stem)}: model card",
        "\n".join(_file(exported, kind)),
        "## The network\n\n" + "\n".join(_network(project)),
        "## What it takes and gives\n\n" + "\n".join(_pictures(exported, project)),
        "## How good it is\n\n" + "\n\n".join(_quality(exported)),
        "## Data and licence\n\n" + "\n".join(_data(project, pictures)),
        "## What it must not be used for\n\n"
        + "\n".join(f"- {escaped(each, 2_000)}" for each in _limits(exported, project)),
    ]
    return "\n\n".join(parts) + "\n"


def _file(exported: Exported, kind: str) -> Iterator[str]:
    data = exported.path.read_bytes()
    yield f"- File: `{exported.path.name.replace('`', '')}`, {KINDS[kind].title}, {memory(len(data))}"
    yield f"- SHA-256: `{hashlib.sha256(data).hexdigest()}`"
    yield f"- Written by CNN Studio {__version__} on {date.today().isoformat()}"
    if (found := exported.measured) is not None and found.calls:
        yield (
            f"- One picture takes {brief(found.p50)} (p50) to {brief(found.p95)} (p95) on the computer that wrote it, "
            f"the median and the 95th percentile of {counted(found.calls, 'call')} with one picture each"
        )


def _network(project: Project) -> Iterator[str]:
    analysis = infer(project.graph).acting
    yield f"- {counted(len(analysis.graph), 'block')}"
    if (totals := analysis.totals) is not None:
        yield f"- {counted(totals.parameters, 'parameter')}"
        yield f"- {counted(totals.macs, 'multiply-accumulate')} for one picture"
    if project.recipe.weights:
        yield f"- It began with weights of others: {escaped(project.recipe.weights)}"


def _pictures(exported: Exported, project: Project) -> Iterator[str]:
    analysis, known = infer(project.graph).acting, exported.normalization
    for node in analysis.graph.inputs:
        shape = analysis.facts[node.name].shape
        yield f"- Input `{node.name}`: {shape}"
        if shape.is_map and shape.channels in (1, 3) and len(analysis.graph.inputs) == 1:
            yield f"- {escaped(picture_rules(Shape(*shape), known), 2_000)}"
    if known is not None:
        yield f"- Mean of each channel, pixels from 0 to 1: {_numbers(known.mean)}"
        yield f"- Standard deviation of each channel: {_numbers(known.std)}"
    if known is not None and known.classes:
        yield f"- Classes, in the order of its outputs: {', '.join(escaped(name, 60) for name in known.classes)}"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


def _quality(exported: Exported) -> Iterator[str]:
    found = exported.measured
    if found is None or found.scores is None:
        yield "Nobody has asked this file about pictures, so nothing is known of how good it is."
        return
    scores = found.scores
    low, high = interval(scores.right, scores.total)
    yield (
        f"{escaped(found.verdict)} The file itself computed that. For pictures of this kind it lies between {low:.1%} "
        f"and {high:.1%} (95 % confidence, Wilson)."
    )
    if (worst := worst_class(scores)) is not None:
        images, right, recall = scores.of(worst)[:3]
        name = escaped(scores.classes[worst], 60)
        yield f"Its worst class is **{name}**: {right:,} of {counted(images, 'picture')} told right, {recall:.1%}."
    rows = []
    for number, name in enumerate(scores.classes[:MOST_CLASSES]):
        images, right, recall, precision, _ = scores.of(number)
        rows.append((name, f"{images:,}", f"{right:,}", _share(recall), _share(precision)))
    yield table(("Class", "Pictures", "Told right", "Recall", "Precision"), rows, frozenset({1, 2, 3, 4}))
    if len(scores.classes) > MOST_CLASSES:
        yield f"These are the first {MOST_CLASSES} of {len(scores.classes):,} classes."


def worst_class(scores: Scores) -> int | None:
    """The class of which the smallest share is told right, of those that were asked; None where none was."""
    asked = [number for number in range(len(scores.classes)) if scores.of(number)[0]]
    return min(asked, key=lambda number: scores.of(number)[2], default=None)


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def _data(project: Project, pictures: Data | None) -> Iterator[str]:
    dataset = DATASETS[project.recipe.data]
    yield f"- {escaped(dataset.title)}: {escaped(dataset.sentence, 400)}"
    if pictures is not None:
        train, validation = pictures.counts
        yield f"- {train:,} to learn from, {validation:,} to validate with"
    yield f"- Licence: {escaped(dataset.licence, 400)}"


def _limits(exported: Exported, project: Project) -> Iterator[str]:
    scores = exported.measured.scores if exported.measured is not None else None
    for block in limits(project.recipe, scores).blocks:
        if isinstance(block, Points):
            yield from block.sentences
