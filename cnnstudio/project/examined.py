"""Examined: what is known of a project as a whole before anything is loaded; of large networks found on a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnnstudio.compiler.diagnostics import Diagnostic, diagnose
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.receptive import ReceptiveField, receptive_fields
from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.graph import interruptible
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.limits import parts
from cnnstudio.project.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.worker import Report, sparing, unheard

TOLD_EVERY = 200  # composites that are looked into


@dataclass(frozen=True)
class Examined:
    """A project, what its network comes to, and what is wrong with it as far as ``DATASETS`` tells of its images."""

    project: Project
    analysis: Analysis
    diagnostics: tuple[Diagnostic, ...]
    fields: Mapping[str, ReceptiveField | None]


def examined(project: Project, report: Report = unheard) -> Examined:
    """The project with all that is known of it. Raises ``Interrupted`` where nobody waits for that any more."""
    told = sparing(report, TOLD_EVERY)
    with interruptible(lambda: told("", None)):
        report("the shapes", None)
        analysis = infer(project.graph)
        structure_hash(project.graph)  # it keeps what it has found, and the lists of runs will ask
        parts(project.graph)  # so does this, and every panel will ask
        report("the memory that it takes", None)
        _ = analysis.memory  # that is kept, too
        report("what may be wrong with it", None)
        wrong = diagnosed(analysis, project.recipe, DATASETS[project.recipe.data].classes)
        report("what each value sees", None)
        return Examined(project, analysis, wrong, receptive_fields(analysis))


def diagnosed(analysis: Analysis, recipe: Recipe, classes: int | None) -> tuple[Diagnostic, ...]:
    """What is wrong with a network that learns by this recipe from images of so many classes, where that is known."""
    images = DATASETS[recipe.data].train_images(recipe.validation_share)
    return diagnose(analysis, classes, images, bool(recipe.weights), recipe.loss)
