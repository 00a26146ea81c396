"""Delivery: an exported file with what belongs to it: how large, fast and good it is, and a model card beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.disk import DiskError, is_there, replacing, shown
from cnnstudio.exchange.exporting import diagrams, layer_table
from cnnstudio.exchange.exporting.export import Exported, export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.exchange.exporting.model_card import MARK, card_path, model_card
from cnnstudio.exchange.exporting.python_package import python_package
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.weights import Held
from cnnstudio.worker import Report, unheard

TEXTS: dict[str, Callable[[Analysis], str]] = {
    "mermaid": diagrams.mermaid,
    "graphviz": diagrams.graphviz,
    "tikz": diagrams.tikz,
    "table-csv": layer_table.as_csv,
    "table-markdown": layer_table.as_markdown,
    "table-latex": layer_table.as_latex,
}
"""What is written of a network without building it."""


@dataclass(frozen=True)
class Wanted:
    """What a person wants beside the file itself: its numbers and its card. ``title`` is what the network is called.

    ``choices`` are those of the format that hold, its defaults for None. The folder of images that a recipe names is
    read where one ``may_look`` there.
    """

    title: str = ""
    choices: frozenset[str] | None = None
    is_measured: bool = True
    has_card: bool = True
    may_look: bool = True


def deliver(
    project: Project,
    kind: str,
    path: Path,
    weights: Path | Held | None = None,
    wanted: Wanted | None = None,
    *,
    known: Data | None = None,
    report: Report = unheard,
) -> tuple[Exported, str]:
    """Write the network of ``project`` to ``path``, measure the file and put its card beside it; what to say of it.

    ``known`` are its images, where they are in memory; without them they are read where no download is needed.
    Raises ``ExportError``.
    """
    wanted = wanted if wanted is not None else Wanted()
    if kind in TEXTS:
        return _text(project, kind, path)
    has_learned, told, pictures = weights is not None or bool(project.recipe.weights), "", known
    needs_pictures = has_learned and wanted.is_measured and KINDS[kind].answers
    if pictures is None and (needs_pictures or KINDS[kind].learns_from_pictures):
        pictures, told = _pictures(project, wanted.may_look, report)
    if kind == "package":
        exported = python_package(project, path, weights, title=wanted.title, pictures=pictures, report=report)
    else:
        exported = export(
            project.graph,
            kind,
            path,
            weights,
            recipe=project.recipe,
            pictures=pictures,
            choices=wanted.choices,
            measure=wanted.is_measured,
            title=wanted.title,
            report=report,
        )
    sentence = f"{exported.sentence}{told}"
    if KINDS[kind].answers and wanted.has_card and has_learned:
        sentence += f" {_card(exported, project, kind, wanted.title, pictures)}"
    return exported, sentence


def _text(project: Project, kind: str, path: Path) -> tuple[Exported, str]:
    """Write what is text alone."""
    text = TEXTS[kind](infer(project.graph))
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
    except DiskError as error:
        raise ExportError(str(error)) from error
    exported = Exported(path, f"{shown(path)} is written.", 0.0)
    return exported, exported.sentence


def _pictures(project: Project, may_look: bool, report: Report) -> tuple[Data | None, str]:
    """The images of a project without a download, and what to say where there are none."""
    dataset, inputs = DATASETS[project.recipe.data], project.graph.acting.inputs
    shape = infer(project.graph).acting.shape(inputs[0].name) if len(inputs) == 1 else None
    if shape is None:
        return None, ""
    if not dataset.is_at_hand and not (dataset.is_folder and project.recipe.folder and may_look):
        return None, f" It was not asked about pictures: those of {dataset.title} are not in memory."
    try:
        return load(project.recipe, shape, report), ""
    except DataError as error:
        return None, f" It was not asked about pictures: {error}"


def _card(exported: Exported, project: Project, kind: str, title: str, pictures: Data | None) -> str:
    """Write the card of a file; what to say of it. A file of that name that is somebody's own stays."""
    path = card_path(exported.path)
    try:
        if is_there(path):
            with path.open(encoding="utf-8", errors="replace") as file:
                if file.readline().rstrip("\n") != MARK:
                    return f"Its model card was not written: {shown(path)} is there already, and is none of ours."
        with replacing(path) as temporary:
            text = model_card(exported, project, kind, title, pictures)
            temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
    except (DiskError, OSError) as error:
        return f"Its model card was not written. {error}"
    return f"Its model card is {shown(path)}."
