"""Readiness: why a project cannot be trained, or taken away, as it is. Whoever says so asks here. Knows no torch."""

from __future__ import annotations

from collections.abc import Iterable

from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.graph import Graph
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.stamp import stamp

OF_DATA = ("classes",)  # errors that are none where no images are meant


def obstacle(project: Project, diagnostics: Iterable[Diagnostic], training: bool = True) -> str | None:
    """Why this project cannot be built (and trained) as it is, in a sentence, or None where it can.

    ``diagnostics`` are the findings about its network. An error among them comes first; the rest is what no look at the
    network alone can find.
    """
    reason = obstacle_of_network(project.graph, diagnostics, training)
    return reason or (_obstacle_of_images(project.recipe) if training else None)


def obstacle_of_network(graph: Graph, diagnostics: Iterable[Diagnostic], training: bool = True) -> str | None:
    """``obstacle`` without a look at the images: why they could not be learned if they were there."""
    errors = (found for found in diagnostics if found.severity == "error")
    if error := next((found for found in errors if training or found.code not in OF_DATA), None):
        return error.sentence
    inputs = len(graph.acting.inputs)
    return several_inputs(inputs) if training and inputs > 1 else None


def several_inputs(count: int) -> str:
    """Why a network with so many inputs cannot be trained, though it can be taken away."""
    return f"The network has {count} inputs, and training gives it one, the image."


def _obstacle_of_images(recipe: Recipe) -> str | None:
    if not DATASETS[recipe.data].is_folder or (recipe.folder and stamp(recipe.folder)):
        return None
    gone = f"There is no folder {recipe.folder}. " if recipe.folder else ""
    return f"{gone}Choose the folder that your images are in."
