"""Of a run: the evaluation of a kept run's weights on the very images that another network was evaluated with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.insight.evaluation.evaluation import Evaluation, EvaluationError
from cnnstudio.insight.evaluation.one_pass import evaluate
from cnnstudio.project import Project
from cnnstudio.training.runs.epoch_weights import kept_epochs
from cnnstudio.training.runs.kept_run import open_kept
from cnnstudio.training.runs.session import Prepared, images_key, prepare
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

OTHER_IMAGES = (
    "That run was validated with other images (its data, its share for validation, its seed or its corrections of "
    "images differ), and may have learned from some of these: it cannot be compared picture by picture."
)


def evaluate_run(folder: Path, beside: Prepared, report: Report, *, epoch: int | None = None) -> Evaluation:
    """What the run in ``folder`` says of the validation images of ``beside``: with its best weights, or an epoch's.

    Raises ``EvaluationError`` where its validation images are others, and what ``open_kept`` and ``prepare`` raise.
    """
    return evaluate(prepared_beside(folder, beside.project, beside.data, report, epoch=epoch), report)


def prepared_beside(
    folder: Path, project: Project, data: Data | None, report: Report, *, epoch: int | None = None
) -> Prepared:
    """The network of the run in ``folder`` with its best weights, or an epoch's, and the images that ``project`` has.

    Its own size of images and normalisation are taken; ``data`` are those of ``project``, where they are in memory.
    Raises ``EvaluationError`` where its validation images are others, and what ``open_kept`` and ``prepare`` raise.
    """
    kept = open_kept(folder)
    weights = kept.folder.weights if epoch is None else kept_epochs(kept.folder).get(epoch)
    if weights is None or not weights.exists():
        which = "" if epoch is None else f" of epoch {epoch}"
        raise EvaluationError(f"The run {folder.name} has no weights{which} any more.")
    if _division(kept.project) != _division(project):
        raise EvaluationError(OTHER_IMAGES)
    alike = images_key(kept.project) == images_key(project)
    known = data if alike and data is not None and data.whole is None else None
    return prepare(kept.project, report, known, weights)


def _division(project: Project) -> tuple[object, ...]:
    """What decides which images a network is validated with."""
    recipe = project.recipe
    groups = recipe.group, recipe.group_end
    return recipe.data, recipe.folder, recipe.validation_share, recipe.seed, *groups, project.corrections
